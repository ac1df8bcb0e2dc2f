// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"math"
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// amount is how much of a resource, in thousandths of its unit.
type amount int64

// scales are the factors of the suffixes of quantities.
var scales = map[string]float64{
	"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
	"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
}

// parseAmount reads a quantity, "500m" or "32Gi", rounded up to thousandths. One
// that is malformed, which the API server admits none of, is 0.
func parseAmount(quantity string) amount {
	end := len(strings.TrimRight(quantity, "KMGTPEikmun"))
	number, suffix := quantity[:end], quantity[end:]
	if whole, err := strconv.ParseInt(number, 10, 64); err == nil && suffix == "m" {
		return amount(whole)
	}
	value, err := strconv.ParseFloat(number, 64)
	scale, known := scales[suffix]
	if err != nil || !known {
		return 0
	}
	thousandths := math.Ceil(value * scale * 1000)
	if thousandths >= math.MaxInt64/2 {
		return math.MaxInt64 / 2 // so that two of them can be added
	}
	return amount(thousandths)
}

// The resources that every node has.
const (
	resourceCPU    = "cpu"
	resourceMemory = "memory"
	resourcePods   = "pods"
)

// resources are amounts by name. They are few, so they are a list.
type resources []resource

type resource struct {
	name string
	amount
}

func resourcesOf(quantities sdk.Labels) resources {
	r := make(resources, 0, len(quantities)+1)
	for _, q := range quantities {
		r = append(r, resource{q.Key, parseAmount(q.Value)})
	}
	return r
}

func (r resources) of(name string) amount {
	for i := range r {
		if r[i].name == name {
			return r[i].amount
		}
	}
	return 0
}

// merge combines each amount of other with the one here.
func (r *resources) merge(other resources, combine func(a, b amount) amount) {
next:
	for _, o := range other {
		for i := range *r {
			if (*r)[i].name == o.name {
				(*r)[i].amount = combine((*r)[i].amount, o.amount)
				continue next
			}
		}
		*r = append(*r, resource{o.name, combine(0, o.amount)})
	}
}

func (r *resources) add(other resources) {
	r.merge(other, func(a, b amount) amount { return a + b })
}

func (r *resources) atLeast(other resources) {
	r.merge(other, func(a, b amount) amount { return max(a, b) })
}

// requestsOf returns what a pod takes of a node: the sum of its containers and
// sidecars, or what an init container needs beside the sidecars before it, if
// that is more; what the pod asks for as a whole instead, where it does; the
// overhead; and one pod.
func requestsOf(p *Pod) resources {
	var sum, sidecars, peak resources
	for i := range p.Spec.Containers {
		sum.add(resourcesOf(p.Spec.Containers[i].Resources.Requests))
	}
	for i := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[i]
		own := resourcesOf(c.Resources.Requests)
		if c.RestartPolicy == "Always" {
			sum.add(own)
			sidecars.add(own)
			peak.atLeast(sidecars)
			continue
		}
		own.add(sidecars)
		peak.atLeast(own)
	}
	sum.atLeast(peak)
	sum.merge(resourcesOf(p.Spec.Resources.Requests), func(_, whole amount) amount { return whole })
	sum.add(resourcesOf(p.Spec.Overhead))
	sum.add(resources{{resourcePods, 1000}})
	return sum
}
