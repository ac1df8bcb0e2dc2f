// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is what the plugin reads of a pod.
type Pod struct {
	sdk.Header
	Own struct {
		DeletionTimestamp          sdk.Time `json:"deletionTimestamp"`
		DeletionGracePeriodSeconds *int64   `json:"deletionGracePeriodSeconds"`
	} `json:"metadata"`
	Spec struct {
		ActiveDeadlineSeconds *int64       `json:"activeDeadlineSeconds"`
		PriorityClassName     string       `json:"priorityClassName"`
		Affinity              Affinity     `json:"affinity"`
		Containers            []Container  `json:"containers"`
		InitContainers        []Container  `json:"initContainers"`
		Overhead              sdk.Labels   `json:"overhead"`
		Resources             Requirements `json:"resources"`
	} `json:"spec"`
	Status struct {
		Phase                 string            `json:"phase"`
		QOSClass              string            `json:"qosClass"`
		ContainerStatuses     []ContainerStatus `json:"containerStatuses"`
		InitContainerStatuses []ContainerStatus `json:"initContainerStatuses"`
		Conditions            []Condition       `json:"conditions"`
	} `json:"status"`
}

// Container is what the plugin reads of a container.
type Container struct {
	Name          string       `json:"name"`
	RestartPolicy string       `json:"restartPolicy"` // Always: an init container that is a sidecar
	Resources     Requirements `json:"resources"`
}

// ContainerStatus is what a container was given.
type ContainerStatus struct {
	Name               string       `json:"name"`
	AllocatedResources sdk.Labels   `json:"allocatedResources"`
	Resources          Requirements `json:"resources"`
}

// Requirements are quantities by resource.
type Requirements struct {
	Requests sdk.Labels `json:"requests"`
	Limits   sdk.Labels `json:"limits"`
}

// Condition is what the plugin reads of a condition.
type Condition struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// Affinity says near to which pods, or far from which, a pod wants to be.
type Affinity struct {
	Pod  PodAffinity `json:"podAffinity"`
	Anti PodAffinity `json:"podAntiAffinity"`
}

// PodAffinity is one direction of [Affinity].
type PodAffinity struct {
	Required  []Term `json:"requiredDuringSchedulingIgnoredDuringExecution"`
	Preferred []struct {
		Term Term `json:"podAffinityTerm"`
	} `json:"preferredDuringSchedulingIgnoredDuringExecution"`
}

// Term says in which namespaces the other pods are.
type Term struct {
	Namespaces        []string `json:"namespaces"`
	NamespaceSelector *sdk.Raw `json:"namespaceSelector"`
}

func (t *Term) crosses() bool { return len(t.Namespaces) > 0 || t.NamespaceSelector != nil }

func (a *PodAffinity) crosses() bool {
	for i := range a.Preferred {
		if a.Preferred[i].Term.crosses() {
			return true
		}
	}
	return slices.ContainsFunc(a.Required, func(t Term) bool { return t.crosses() })
}

// terminates reports whether the pod has a time to end.
func (p *Pod) terminates() bool {
	return p.Spec.ActiveDeadlineSeconds != nil && *p.Spec.ActiveDeadlineSeconds >= 0
}

// ended reports whether nothing but its existence is charged for: it has ended,
// or should have long ago and is held by a node that does not answer.
func (p *Pod) ended(now time.Time) bool {
	if p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed" {
		return true
	}
	grace := p.Own.DeletionGracePeriodSeconds
	return !p.Own.DeletionTimestamp.IsZero() && grace != nil &&
		now.After(p.Own.DeletionTimestamp.Add(time.Duration(*grace)*time.Second))
}

// resizeInfeasible reports whether the node can never give what is asked for.
func (p *Pod) resizeInfeasible() bool {
	return slices.Contains(p.Status.Conditions, Condition{Type: "PodResizePending", Reason: "Infeasible"})
}

// statusOf returns the status of a container, an empty one if there is none.
func (p *Pod) statusOf(name string) *ContainerStatus {
	for _, list := range [][]ContainerStatus{p.Status.ContainerStatuses, p.Status.InitContainerStatuses} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return &ContainerStatus{}
}

// bill returns what the pod takes.
func (p *Pod) bill(now time.Time) *bill {
	if p.ended(now) {
		return &bill{ended: true}
	}
	return &bill{requests: p.requests(), limits: p.limits()}
}
