// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"
	"time"
)

// standing orders pods by how much they are worth keeping: one number per
// rule, compared in this order, the smaller is deleted first.
type standing [9]int64

// phaseOrder has the phases of active pods; an empty phase counts as Pending.
var phaseOrder = map[string]int64{phasePending: 0, "Unknown": 1, phaseRunning: 2}

func (p *Pod) standing(colocated int, now time.Time) standing {
	since, ready := p.readySince()
	readyAge := int64(0)
	if ready {
		readyAge = ageBucket(since, now)
	}
	restarts, sidecarRestarts := p.restarts()
	return standing{
		number(p.Spec.NodeName != ""), // not assigned before assigned
		phaseOrder[p.Status.Phase],    // pending, unknown, running
		number(ready),                 // not ready before ready
		p.deletionCost(),              // cheap before dear
		-int64(colocated),             // doubled up on a node before alone
		readyAge,                      // ready for a short time before long
		-int64(restarts),              // more restarts before fewer
		-int64(sidecarRestarts),
		ageBucket(p.CreationTimestamp.Time, now), // young before old
	}
}

// ranked pairs a pod with its standing, so that the latter is computed once.
type ranked struct {
	*Pod
	standing standing
}

// firstToDelete returns the n of the active pods that are to go, which are
// fewer than all. onNode says how many pods of the same work each node has. It
// does not modify pods.
func firstToDelete(pods []*Pod, onNode map[string]int, n int, now time.Time) []*Pod {
	order := make([]ranked, len(pods))
	for i, p := range pods {
		order[i] = ranked{p, p.standing(onNode[p.Spec.NodeName], now)}
	}
	slices.SortFunc(order, func(a, b ranked) int {
		return cmp.Or(slices.Compare(a.standing[:], b.standing[:]), cmp.Compare(a.UID, b.UID))
	})
	chosen := make([]*Pod, n)
	for i := range chosen {
		chosen[i] = order[i].Pod
	}
	return chosen
}

// ageBucket returns the binary logarithm of the time since t in nanoseconds.
// Pods of one bucket count as equally old, so that a scale-down spreads over
// pods of about the same age instead of always taking the youngest. A time
// that nobody wrote down, and one in the future, are younger than everything.
func ageBucket(t, now time.Time) int64 {
	switch age := now.Sub(t); {
	case t.IsZero():
		return -2
	case age <= 0:
		return -1
	default:
		return int64(bits.Len64(uint64(age))) - 1
	}
}

// deletionCost returns the value of the pod-deletion-cost annotation, 0 if
// there is none.
func (p *Pod) deletionCost() int64 {
	cost, err := strconv.ParseInt(p.Cost.Annotations.Value, 10, 32)
	if err != nil {
		return 0
	}
	return cost
}

// restarts returns the highest restart count of the containers, and of the
// init containers that stay running.
func (p *Pod) restarts() (containers, sidecars int32) {
	for _, s := range p.Status.ContainerStatuses {
		containers = max(containers, s.RestartCount)
	}
	for _, c := range p.Spec.InitContainers {
		for _, s := range p.Status.InitContainerStatuses {
			if s.Name == c.Name && c.RestartPolicy == "Always" {
				sidecars = max(sidecars, s.RestartCount)
			}
		}
	}
	return containers, sidecars
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
