// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// What each ReplicaSet is told about the Deployment when it is resized. A
// difference means that the Deployment was scaled since.
const (
	annotationDesired = "deployment.kubernetes.io/desired-replicas"
	annotationMax     = "deployment.kubernetes.io/max-replicas"
)

// scaledSince reports whether the Deployment was scaled since its ReplicaSets
// were last resized. Those that do not say count as up to date.
func scaledSince(d *Deployment, f family) bool {
	return slices.ContainsFunc(active(f.all()), func(rs *ReplicaSet) bool {
		desired, said := rs.number(annotationDesired)
		return said && desired != d.replicas()
	})
}

// planScale returns what scaling a Deployment, or a pause, asks for. It does
// not roll out: in the middle of a rollout all ReplicaSets grow or shrink in
// proportion, so that the share of a template which may be broken stays.
func planScale(d *Deployment, f family) []resize {
	if only := soleOrLatest(f); only != nil {
		return told(d, []resize{{only, d.replicas()}})
	}
	if f.current != nil && saturated(d, f.current) {
		return endOld(f)
	}
	if d.Spec.Strategy.Type != strategyRolling {
		return nil
	}
	return told(d, proportions(d, active(f.all())))
}

// soleOrLatest returns the only active ReplicaSet, or the newest one if none is
// active; nil if several are active.
func soleOrLatest(f family) *ReplicaSet {
	switch active := active(f.all()); {
	case len(active) == 1:
		return active[0]
	case len(active) > 1:
		return nil
	case f.current != nil:
		return f.current
	case len(f.old) > 0:
		return f.old[len(f.old)-1]
	}
	return nil
}

// saturated reports whether the current ReplicaSet has all the pods that are
// asked for, available, and knows that they are all.
func saturated(d *Deployment, current *ReplicaSet) bool {
	desired, said := current.number(annotationDesired)
	return said && desired == d.replicas() && current.replicas() == d.replicas() &&
		current.Status.AvailableReplicas == d.replicas()
}

// proportions divides what is to be added or removed among several active
// ReplicaSets by their sizes. The largest gets what rounding leaves over; of
// equally large ones the newest grows and the oldest shrinks first.
func proportions(d *Deployment, sets []*ReplicaSet) []resize {
	allowed := int32(0)
	if d.replicas() > 0 {
		allowed = d.maxReplicas()
	}
	change := allowed - sum(sets, wanted)
	slices.SortFunc(sets, func(a, b *ReplicaSet) int {
		age := compareAge(a, b)
		if change > 0 {
			age = -age
		}
		return cmp.Or(cmp.Compare(b.replicas(), a.replicas()), age)
	})
	resizes := make([]resize, len(sets))
	left := change
	for i, rs := range sets {
		share := share(d, rs)
		if change >= 0 {
			share = min(share, left)
		} else {
			share = max(share, left)
		}
		if left == 0 {
			share = 0
		}
		left -= share
		resizes[i] = resize{rs, rs.replicas() + share}
	}
	if len(resizes) > 0 {
		resizes[0].to = max(0, resizes[0].to+left)
	}
	return resizes
}

// share returns by how much a ReplicaSet changes if the Deployment goes from
// the size that the ReplicaSet was told last to the present one.
func share(d *Deployment, rs *ReplicaSet) int32 {
	if d.replicas() == 0 {
		return -rs.replicas()
	}
	before, said := rs.number(annotationMax)
	if !said || before == 0 { // somebody tampered with it
		if before = d.Status.Replicas; before == 0 {
			return 0
		}
	}
	size := float64(rs.replicas()) * float64(d.maxReplicas()) / float64(before)
	return int32(math.Round(size)) - rs.replicas()
}

// told leaves out what neither changes the size nor what the ReplicaSet knows
// of the Deployment.
func told(d *Deployment, resizes []resize) []resize {
	return slices.DeleteFunc(resizes, func(r resize) bool {
		desired, _ := r.set.number(annotationDesired)
		most, said := r.set.number(annotationMax)
		return r.to == r.set.replicas() && said && desired == d.replicas() && most == d.maxReplicas()
	})
}

// number returns the value of an annotation that is a number, and whether
// there is a usable one.
func (rs *ReplicaSet) number(annotation string) (n int32, said bool) {
	v, err := strconv.ParseUint(rs.Annotations.Annotations.Get(annotation), 10, 31)
	return int32(v), err == nil
}
