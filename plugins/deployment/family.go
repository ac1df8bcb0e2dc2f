// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"cmp"
	"slices"
	"strings"
)

// family is the ReplicaSets of a Deployment.
type family struct {
	current *ReplicaSet   // has the Deployment's template; nil: there is none yet
	old     []*ReplicaSet // the others, oldest first
}

// familyOf sorts the ReplicaSets of d. Of several with its template the oldest
// is the current one.
func familyOf(d *Deployment, sets []*ReplicaSet) family {
	sorted := slices.Clone(sets)
	slices.SortFunc(sorted, compareAge)
	var f family
	for _, rs := range sorted {
		if f.current == nil && rs.Spec.Template.same(&d.Spec.Template) {
			f.current = rs
			continue
		}
		f.old = append(f.old, rs)
	}
	return f
}

// compareAge orders ReplicaSets from old to new.
func compareAge(a, b *ReplicaSet) int {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
}

// all returns the old ReplicaSets and then the current one.
func (f *family) all() []*ReplicaSet {
	if f.current == nil {
		return slices.Clone(f.old)
	}
	return append(slices.Clone(f.old), f.current)
}

// active returns those of the ReplicaSets that are to have pods.
func active(sets []*ReplicaSet) []*ReplicaSet {
	return slices.DeleteFunc(slices.Clone(sets), func(rs *ReplicaSet) bool { return rs.replicas() == 0 })
}

// sum adds up a number of the ReplicaSets.
func sum(sets []*ReplicaSet, number func(*ReplicaSet) int32) int32 {
	total := int32(0)
	for _, rs := range sets {
		total += number(rs)
	}
	return total
}

func wanted(rs *ReplicaSet) int32    { return rs.replicas() }
func present(rs *ReplicaSet) int32   { return rs.Status.Replicas }
func ready(rs *ReplicaSet) int32     { return rs.Status.ReadyReplicas }
func available(rs *ReplicaSet) int32 { return rs.Status.AvailableReplicas }

// terminating returns how many pods are on their way out, nil if not everybody
// who knows has said so. A ReplicaSet that nobody has looked at yet has none.
func terminating(sets []*ReplicaSet) *int32 {
	total := int32(0)
	for _, rs := range sets {
		switch {
		case rs.Status.TerminatingReplicas != nil:
			total += *rs.Status.TerminatingReplicas
		case rs.Status.ObservedGeneration != 0:
			return nil
		}
	}
	return &total
}
