// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/plugins/internal/quantity"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// amounts are quantities by resource. They are few, so they are a list.
type amounts []amount

type amount struct {
	name string
	quantity.Quantity
}

func (a amounts) of(name string) quantity.Quantity {
	for i := range a {
		if a[i].name == name {
			return a[i].Quantity
		}
	}
	return quantity.Quantity{}
}

// at returns the place of an amount, which is zero if it was not there.
func (a *amounts) at(name string) *quantity.Quantity {
	for i := range *a {
		if (*a)[i].name == name {
			return &(*a)[i].Quantity
		}
	}
	*a = append(*a, amount{name: name})
	return &(*a)[len(*a)-1].Quantity
}

func (a *amounts) addAll(list sdk.Labels) {
	for _, entry := range list {
		at := a.at(entry.Key)
		*at = at.Add(quantity.Parse(entry.Value))
	}
}

// atLeast raises each amount to that of the other.
func (a *amounts) atLeast(other amounts) {
	for _, o := range other {
		if at := a.at(o.name); at.Cmp(o.Quantity) < 0 {
			*at = o.Quantity
		}
	}
}

// bill is what a pod takes.
type bill struct {
	ended            bool // it is no longer charged for anything but being there
	requests, limits amounts
}

// phase is a time in the life of a pod's resources: what is asked for, what the
// node has promised, and what the containers run with.
type phase func(c *Container, s *ContainerStatus, infeasible bool) sdk.Labels

func askedRequests(c *Container, _ *ContainerStatus, _ bool) sdk.Labels { return c.Resources.Requests }

func promisedRequests(c *Container, s *ContainerStatus, infeasible bool) sdk.Labels {
	return firstOf(s.AllocatedResources, c.Resources.Requests, infeasible)
}

func actualRequests(c *Container, s *ContainerStatus, infeasible bool) sdk.Labels {
	if len(s.Resources.Requests) > 0 {
		return s.Resources.Requests
	}
	return promisedRequests(c, s, infeasible)
}

func askedLimits(c *Container, _ *ContainerStatus, _ bool) sdk.Labels { return c.Resources.Limits }

func actualLimits(c *Container, s *ContainerStatus, infeasible bool) sdk.Labels {
	return firstOf(s.Resources.Limits, c.Resources.Limits, infeasible)
}

// firstOf returns what the status says, or else what is asked for, unless that
// cannot be.
func firstOf(status, spec sdk.Labels, infeasible bool) sdk.Labels {
	if len(status) > 0 {
		return status
	}
	if infeasible {
		return nil
	}
	return spec
}

// requests returns what the pod requests. While it is resized it is charged for
// the larger size.
func (p *Pod) requests() amounts {
	sum := p.most(askedRequests, promisedRequests, actualRequests)
	sum.whole(p.Spec.Resources.Requests)
	sum.addAll(p.Spec.Overhead)
	return sum
}

// limits returns what the pod is limited to; the overhead counts where there is
// a limit.
func (p *Pod) limits() amounts {
	sum := p.most(askedLimits, actualLimits)
	sum.whole(p.Spec.Resources.Limits)
	for _, o := range p.Spec.Overhead {
		if at := sum.at(o.Key); !at.IsZero() {
			*at = at.Add(quantity.Parse(o.Value))
		}
	}
	return sum
}

// whole replaces the amounts that are given for the pod as a whole.
func (a *amounts) whole(list sdk.Labels) {
	for _, entry := range list {
		if entry.Key == "cpu" || entry.Key == "memory" || strings.HasPrefix(entry.Key, hugePagesPrefix) {
			*a.at(entry.Key) = quantity.Parse(entry.Value)
		}
	}
}

// most returns the largest sums of the phases. What is asked for, the first,
// counts unless the node cannot give it.
func (p *Pod) most(asked phase, later ...phase) amounts {
	infeasible := p.resizeInfeasible()
	var sum amounts
	if !infeasible {
		sum = p.sum(asked, infeasible)
	}
	for _, phase := range later {
		sum.atLeast(p.sum(phase, infeasible))
	}
	return sum
}

// sum adds up the containers and sidecars of the pod; or takes what an init
// container needs beside the sidecars that were started before it, if that is
// more.
func (p *Pod) sum(of phase, infeasible bool) amounts {
	var sum, sidecars, peak amounts
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		sum.addAll(of(c, p.statusOf(c.Name), infeasible))
	}
	for i := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[i]
		own := of(c, p.statusOf(c.Name), infeasible)
		if c.RestartPolicy == "Always" {
			sum.addAll(own)
			sidecars.addAll(own)
			continue
		}
		alone := slices.Clone(sidecars)
		alone.addAll(own)
		peak.atLeast(alone)
	}
	sum.atLeast(peak)
	return sum
}
