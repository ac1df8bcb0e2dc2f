// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import "hash/fnv"

// How much each opinion on a node counts. Each is 0 to 100.
const (
	weightFree     = 1 // most room left
	weightSpread   = 2 // far from pods of the same kind
	weightNode     = 2 // preferred node affinity
	weightPods     = 2 // preferred affinity and anti-affinity to pods
	weightUntained = 3 // no taint PreferNoSchedule
)

// best returns the node of the feasible ones, of which there is at least one,
// on which the pod should run. Where two are even a hash decides, so that the
// same question has the same answer.
func (y *cycle) best(feasible []*node) *node {
	scores := make([]float64, len(feasible))
	add := func(weight float64, raw []float64, lowIsGood bool) {
		for i, s := range normalized(raw, lowIsGood) {
			scores[i] += weight * s
		}
	}
	add(weightSpread, y.alike(feasible), true)
	add(weightNode, each(feasible, y.preferredNode), false)
	add(weightPods, y.preferredPods(feasible), false)
	add(weightUntained, each(feasible, func(n *node) float64 {
		return float64(untolerated(y.pod, n.Spec.Taints, preferNoSchedule))
	}), true)
	best := 0
	for i, n := range feasible {
		scores[i] += weightFree * y.free(n)
		if scores[i] > scores[best] || scores[i] == scores[best] && y.lot(n) > y.lot(feasible[best]) {
			best = i
		}
	}
	return feasible[best]
}

func each(nodes []*node, score func(*node) float64) []float64 {
	scores := make([]float64, len(nodes))
	for i, n := range nodes {
		scores[i] = score(n)
	}
	return scores
}

// normalized stretches scores to 0 to 100; all the same are all 100.
func normalized(raw []float64, lowIsGood bool) []float64 {
	lowest, highest := raw[0], raw[0]
	for _, s := range raw {
		lowest, highest = min(lowest, s), max(highest, s)
	}
	scores := make([]float64, len(raw))
	for i, s := range raw {
		switch {
		case highest == lowest:
			scores[i] = 100
		case lowIsGood:
			scores[i] = 100 * (highest - s) / (highest - lowest)
		default:
			scores[i] = 100 * (s - lowest) / (highest - lowest)
		}
	}
	return scores
}

// free returns how much of the node is left with the pod on it, the mean of
// processors, memory and pods in percent.
func (y *cycle) free(n *node) float64 {
	sum, counted := 0.0, 0.0
	for _, name := range []string{resourceCPU, resourceMemory, resourcePods} {
		if all := n.allocatable.of(name); all > 0 {
			sum += 100 * float64(all-n.used.of(name)-y.requests.of(name)) / float64(all)
			counted++
		}
	}
	return sum / max(counted, 1)
}

// alike returns how many pods of the same kind are near each node: those that
// the pod's soft spread constraints are about, or else those with the same
// owner, of which one on the node counts as much as two in the zone.
func (y *cycle) alike(nodes []*node) []float64 {
	scores, soft := make([]float64, len(nodes)), false
	for i := range y.pod.Spec.Spread {
		if s := &y.pod.Spec.Spread[i]; s.WhenUnsatisfiable == "ScheduleAnyway" {
			soft = true
			addCounts(scores, nodes, s.TopologyKey, y.countFor(s), 1)
		}
	}
	if soft {
		return scores
	}
	addCounts(scores, nodes, labelHostname, y.cluster.count(labelHostname, anyNode, y.sameKind), 2)
	addCounts(scores, nodes, labelZone, y.cluster.count(labelZone, anyNode, y.sameKind), 1)
	return scores
}

func addCounts(scores []float64, nodes []*node, key string, counts map[string]int, weight float64) {
	for i, n := range nodes {
		if value, has := n.Labels.Lookup(key); has {
			scores[i] += weight * float64(counts[value])
		}
	}
}

// sameKind reports whether another pod has the same controller owner, or, where
// the pod has none, its labels.
func (y *cycle) sameKind(other *Pod) bool {
	if other.Namespace != y.pod.Namespace {
		return false
	}
	if owner := y.pod.ControllerOwner(); owner != nil {
		its := other.ControllerOwner()
		return its != nil && its.UID == owner.UID
	}
	return len(y.pod.Labels) > 0 && other.Labels.Contains(y.pod.Labels)
}

func (y *cycle) preferredNode(n *node) float64 {
	sum := 0.0
	if a := y.pod.Spec.Affinity; a != nil && a.Node != nil {
		for i := range a.Node.Preferred {
			if preferred := &a.Node.Preferred[i]; preferred.Preference.matches(n.Node) {
				sum += float64(preferred.Weight)
			}
		}
	}
	return sum
}

func (y *cycle) preferredPods(nodes []*node) []float64 {
	scores := make([]float64, len(nodes))
	prefer := func(affinity *PodAffinity, sign float64) {
		if affinity == nil {
			return
		}
		for i := range affinity.Preferred {
			t := y.cluster.term(&affinity.Preferred[i].Term, y.pod.Namespace)
			addCounts(scores, nodes, t.key, y.cluster.count(t.key, anyNode, t.matches), sign*float64(affinity.Preferred[i].Weight))
		}
	}
	if a := y.pod.Spec.Affinity; a != nil {
		prefer(a.Pod, 1)
		prefer(a.Anti, -1)
	}
	return scores
}

// lot draws a number for the pod on the node.
func (y *cycle) lot(n *node) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(y.pod.UID + "/" + n.Name))
	return h.Sum32()
}
