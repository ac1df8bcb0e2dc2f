// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import "slices"

// Why a pod cannot run on a node, in the words of kube-scheduler, which tests
// and people look for.
const (
	reasonUnschedulable = "node(s) were unschedulable"
	reasonTaint         = "node(s) had untolerated taint(s)"
	reasonAffinity      = "node(s) didn't match Pod's node affinity/selector"
	reasonPorts         = "node(s) didn't have free ports for the requested pod ports"
	reasonTooManyPods   = "Too many pods"
	reasonInsufficient  = "Insufficient " // and the resource
	reasonSpread        = "node(s) didn't match pod topology spread constraints"
	reasonSpreadLabel   = reasonSpread + " (missing required label)"
	reasonOthersAnti    = "node(s) didn't satisfy existing pods anti-affinity rules"
	reasonPodAffinity   = "node(s) didn't match pod affinity rules"
	reasonAntiAffinity  = "node(s) didn't match pod anti-affinity rules"
)

const (
	taintUnschedulable = "node.kubernetes.io/unschedulable"
	noSchedule         = "NoSchedule"
	noExecute          = "NoExecute"
	preferNoSchedule   = "PreferNoSchedule"
	labelHostname      = "kubernetes.io/hostname"
	labelZone          = "topology.kubernetes.io/zone"
)

// cycle is one pod that is to be placed, with what is the same for all nodes.
type cycle struct {
	cluster  *cluster
	pod      *Pod
	requests resources
	ports    []Port

	near      []podTerm // required affinity: one pod matches all of them
	nearCount []map[string]int
	first     bool // no pod is near anywhere, and the pod itself would be
	far       []podTerm
	farCount  []map[string]int
	forbidden map[domain]bool // by the anti-affinity of other pods
	spread    []spreadState
}

// domain is a part of the cluster: the nodes on which a label has a value.
type domain struct{ key, value string }

// spreadState is a topology spread constraint that must hold.
type spreadState struct {
	*Spread
	counts map[string]int // of the pods that count, by domain
	least  int
	self   int // 1 if the pod counts itself
}

func newCycle(c *cluster, p *Pod) *cycle {
	y := &cycle{cluster: c, pod: p, requests: requestsOf(p), ports: hostPorts(p)}
	if a := p.Spec.Affinity; a != nil && a.Pod != nil {
		y.near = c.terms(a.Pod.Required, p.Namespace)
		y.countNear()
	}
	if a := p.Spec.Affinity; a != nil && a.Anti != nil {
		y.far = c.terms(a.Anti.Required, p.Namespace)
		for i := range y.far {
			y.farCount = append(y.farCount, c.count(y.far[i].key, anyNode, y.far[i].matches))
		}
	}
	y.forbid()
	y.countSpread()
	return y
}

func (y *cycle) countNear() {
	all := func(p *Pod) bool {
		return !slices.ContainsFunc(y.near, func(t podTerm) bool { return !t.matches(p) })
	}
	y.first = all(y.pod)
	for i := range y.near {
		counts := y.cluster.count(y.near[i].key, anyNode, all)
		for _, n := range counts {
			y.first = y.first && n == 0
		}
		y.nearCount = append(y.nearCount, counts)
	}
}

// forbid finds the domains that pods with anti-affinity keep the pod out of.
func (y *cycle) forbid() {
	y.forbidden = map[domain]bool{}
	for _, other := range y.cluster.apart {
		for _, t := range y.cluster.terms(other.pod.Spec.Affinity.Anti.Required, other.pod.Namespace) {
			if value, has := other.node.Labels.Lookup(t.key); has && t.matches(y.pod) {
				y.forbidden[domain{t.key, value}] = true
			}
		}
	}
}

func (y *cycle) countSpread() {
	for i := range y.pod.Spec.Spread {
		constraint := &y.pod.Spec.Spread[i]
		if constraint.WhenUnsatisfiable != "DoNotSchedule" {
			continue
		}
		s := spreadState{Spread: constraint}
		s.counts = y.countFor(constraint)
		if constraint.Selector.Selector().Matches(y.pod.Labels) {
			s.self = 1
		}
		s.least = least(s.counts, int(constraint.MinDomains))
		y.spread = append(y.spread, s)
	}
}

// countFor counts the pods that a constraint is about, in the domains of the
// nodes that count.
func (y *cycle) countFor(constraint *Spread) map[string]int {
	selector := constraint.Selector.Selector()
	eligible := func(n *node) bool {
		return (constraint.AffinityPolicy == "Ignore" || matchesNode(y.pod, n.Node)) &&
			(constraint.TaintsPolicy != "Honor" || untolerated(y.pod, n.Spec.Taints, noSchedule, noExecute) == 0)
	}
	return y.cluster.count(constraint.TopologyKey, eligible, func(p *Pod) bool {
		return p.Namespace == y.pod.Namespace && !p.Deleting() && selector.Matches(p.Labels)
	})
}

// least returns the lowest count, 0 if there are fewer domains than wanted.
func least(counts map[string]int, domains int) int {
	if len(counts) < domains {
		return 0
	}
	lowest := -1
	for _, n := range counts {
		if lowest < 0 || n < lowest {
			lowest = n
		}
	}
	return max(lowest, 0)
}

// refusals returns why the pod cannot run on the node: those of the first
// condition that does not hold, none if it can.
func (y *cycle) refusals(n *node) []string {
	switch {
	case n.Spec.Unschedulable && untolerated(y.pod, []Taint{{Key: taintUnschedulable, Effect: noSchedule}}, noSchedule) > 0:
		return []string{reasonUnschedulable}
	case untolerated(y.pod, n.Spec.Taints, noSchedule, noExecute) > 0:
		return []string{reasonTaint}
	case !matchesNode(y.pod, n.Node):
		return []string{reasonAffinity}
	case y.portsTaken(n):
		return []string{reasonPorts}
	}
	if lacks := y.insufficient(n); len(lacks) > 0 {
		return lacks
	}
	if why := y.skewed(n); why != "" {
		return []string{why}
	}
	if why := y.misplaced(n); why != "" {
		return []string{why}
	}
	return nil
}

func (y *cycle) portsTaken(n *node) bool {
	return slices.ContainsFunc(y.ports, func(p Port) bool { return slices.ContainsFunc(n.ports, p.clash) })
}

// insufficient returns what the node has too little of for the pod.
func (y *cycle) insufficient(n *node) []string {
	var lacks []string
	for _, r := range y.requests {
		switch {
		case r.amount == 0 || n.used.of(r.name)+r.amount <= n.allocatable.of(r.name):
		case r.name == resourcePods:
			lacks = append(lacks, reasonTooManyPods)
		default:
			lacks = append(lacks, reasonInsufficient+r.name)
		}
	}
	return lacks
}

// skewed returns which topology spread constraint the pod would break.
func (y *cycle) skewed(n *node) string {
	for i := range y.spread {
		s := &y.spread[i]
		value, has := n.Labels.Lookup(s.TopologyKey)
		if !has {
			return reasonSpreadLabel
		}
		if s.counts[value]+s.self-s.least > int(s.MaxSkew) {
			return reasonSpread
		}
	}
	return ""
}

// misplaced returns which affinity or anti-affinity to pods does not hold.
func (y *cycle) misplaced(n *node) string {
	for i := range y.near {
		value, has := n.Labels.Lookup(y.near[i].key)
		if !has || y.nearCount[i][value] == 0 && !y.first {
			return reasonPodAffinity
		}
	}
	for i := range y.far {
		if value, has := n.Labels.Lookup(y.far[i].key); has && y.farCount[i][value] > 0 {
			return reasonAntiAffinity
		}
	}
	for d := range y.forbidden {
		if value, has := n.Labels.Lookup(d.key); has && value == d.value {
			return reasonOthersAnti
		}
	}
	return ""
}
