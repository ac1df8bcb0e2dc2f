// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// The effects and keys of taints.
const (
	noExecute  = "NoExecute"
	noSchedule = "NoSchedule"

	taintNotReady      = "node.kubernetes.io/not-ready"
	taintUnreachable   = "node.kubernetes.io/unreachable"
	taintUnschedulable = "node.kubernetes.io/unschedulable"
)

// conditionTaints says which NoSchedule taint a node has while a condition has
// a status.
var conditionTaints = []struct{ condition, status, taint string }{
	{conditionReady, statusFalse, taintNotReady},
	{conditionReady, statusUnknown, taintUnreachable},
	{conditionMemoryPressure, statusTrue, "node.kubernetes.io/memory-pressure"},
	{conditionDiskPressure, statusTrue, "node.kubernetes.io/disk-pressure"},
	{conditionPIDPressure, statusTrue, "node.kubernetes.io/pid-pressure"},
	{"NetworkUnavailable", statusTrue, "node.kubernetes.io/network-unavailable"},
}

// noScheduleTaints returns the keys of the NoSchedule taints that follow from a
// node's conditions, and from its being unschedulable.
func noScheduleTaints(n *Node) []string {
	var keys []string
	for _, t := range conditionTaints {
		if c := n.condition(t.condition); c != nil && c.Status == t.status {
			keys = append(keys, t.taint)
		}
	}
	if n.Spec.Unschedulable {
		keys = append(keys, taintUnschedulable)
	}
	return keys
}

// ownNoSchedule reports whether a taint is one of those.
func ownNoSchedule(t Taint) bool {
	if t.Effect != noSchedule {
		return false
	}
	for _, c := range conditionTaints {
		if c.taint == t.Key {
			return true
		}
	}
	return t.Key == taintUnschedulable
}

// noExecuteTaint returns the key of the NoExecute taint that a node is to have
// whose Ready condition has this status; empty: none.
func noExecuteTaint(ready string) string {
	switch ready {
	case statusFalse:
		return taintNotReady
	case statusUnknown:
		return taintUnreachable
	}
	return ""
}

// ownNoExecute reports whether a taint is one of those.
func ownNoExecute(t Taint) bool {
	return t.Effect == noExecute && (t.Key == taintNotReady || t.Key == taintUnreachable)
}

// retaint returns the taints with exactly those keys of the ones that are own,
// and whether that is another list. What stays, stays as it is.
func retaint(taints []Taint, own func(Taint) bool, effect string, keys []string, now time.Time) ([]Taint, bool) {
	kept := make([]Taint, 0, len(taints)+len(keys))
	for _, t := range taints {
		if !own(t) || slices.Contains(keys, t.Key) {
			kept = append(kept, t)
		}
	}
	changed := len(kept) != len(taints)
	for _, key := range keys {
		if !slices.ContainsFunc(kept, func(t Taint) bool { return t.Key == key && t.Effect == effect }) {
			kept = append(kept, Taint{Key: key, Effect: effect, TimeAdded: sdk.NewTime(now)})
			changed = true
		}
	}
	return kept, changed
}
