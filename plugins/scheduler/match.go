// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"slices"
	"strconv"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// matchesNode reports whether node selector and required node affinity of the
// pod let it run on the node.
func matchesNode(p *Pod, n *Node) bool {
	if !n.Labels.Contains(p.Spec.NodeSelector) {
		return false
	}
	if p.Spec.Affinity == nil || p.Spec.Affinity.Node == nil || p.Spec.Affinity.Node.Required == nil {
		return true
	}
	return slices.ContainsFunc(p.Spec.Affinity.Node.Required.Terms, func(t NodeTerm) bool { return t.matches(n) })
}

// matches reports whether all requirements hold; a term without any selects
// nothing.
func (t *NodeTerm) matches(n *Node) bool {
	if len(t.Expressions)+len(t.Fields) == 0 {
		return false
	}
	for i := range t.Expressions {
		if !t.Expressions[i].matches(n.Labels) {
			return false
		}
	}
	fields := sdk.Labels{{Key: "metadata.name", Value: n.Name}}
	for i := range t.Fields {
		if !t.Fields[i].matches(fields) {
			return false
		}
	}
	return true
}

func (r *NodeRequirement) matches(labels sdk.Labels) bool {
	value, found := labels.Lookup(r.Key)
	switch r.Operator {
	case "In":
		return found && slices.Contains(r.Values, value)
	case "NotIn":
		return !found || !slices.Contains(r.Values, value)
	case "Exists":
		return found
	case "DoesNotExist":
		return !found
	}
	if !found || len(r.Values) != 1 {
		return false
	}
	is, notNumber := strconv.ParseInt(value, 10, 64)
	bound, noBound := strconv.ParseInt(r.Values[0], 10, 64)
	if notNumber != nil || noBound != nil {
		return false
	}
	return r.Operator == "Gt" && is > bound || r.Operator == "Lt" && is < bound
}

// untolerated returns how many taints with one of the effects the pod does not
// tolerate.
func untolerated(p *Pod, taints []Taint, effects ...string) int {
	count := 0
	for _, taint := range taints {
		tolerates := func(t Toleration) bool { return t.tolerates(taint) }
		if slices.Contains(effects, taint.Effect) && !slices.ContainsFunc(p.Spec.Tolerations, tolerates) {
			count++
		}
	}
	return count
}

func (t *Toleration) tolerates(taint Taint) bool {
	if t.Effect != "" && t.Effect != taint.Effect || t.Key != "" && t.Key != taint.Key {
		return false
	}
	switch t.Operator {
	case "", "Equal":
		return t.Key != "" && t.Value == taint.Value
	case "Exists":
		return true
	}
	return false
}

// podTerm is a [PodTerm] of a pod, ready to ask.
type podTerm struct {
	selector   sdk.Selector
	key        string
	namespaces func(string) bool
}

// term prepares a term of a pod in the namespace.
func (c *cluster) term(t *PodTerm, namespace string) podTerm {
	ready := podTerm{selector: t.Selector.Selector(), key: t.TopologyKey}
	if t.NamespaceSelector == nil && len(t.Namespaces) == 0 {
		ready.namespaces = func(n string) bool { return n == namespace }
		return ready
	}
	selected := t.NamespaceSelector.Selector()
	ready.namespaces = func(n string) bool {
		if slices.Contains(t.Namespaces, n) || selected.Empty() {
			return true
		}
		labels, known := c.namespaces[n]
		return known && selected.Matches(labels)
	}
	return ready
}

func (c *cluster) terms(all []PodTerm, namespace string) []podTerm {
	ready := make([]podTerm, len(all))
	for i := range all {
		ready[i] = c.term(&all[i], namespace)
	}
	return ready
}

func (t *podTerm) matches(p *Pod) bool {
	return t.namespaces(p.Namespace) && t.selector.Matches(p.Labels)
}
