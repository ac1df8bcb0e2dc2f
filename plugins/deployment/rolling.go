// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

// resize is a ReplicaSet that is to have another number of pods.
type resize struct {
	set *ReplicaSet
	to  int32
}

// planRolling returns the next steps of a rolling update whose current
// ReplicaSet exists: first the current one, and only if that needs nothing the
// old ones, whose pods may go when enough others are available.
func planRolling(d *Deployment, f family) []resize {
	if to := currentSize(d, f.all(), f.current); to != f.current.replicas() {
		return []resize{{f.current, to}}
	}
	return shrinkOld(d, f)
}

// currentSize returns how many pods the current ReplicaSet is to have now: as
// many as the surge leaves room for, and no more than are asked for. When an
// update that recreates comes to this, all old pods are gone.
func currentSize(d *Deployment, all []*ReplicaSet, current *ReplicaSet) int32 {
	has, wants := current.replicas(), d.replicas()
	if has >= wants || d.Spec.Strategy.Type == strategyRecreate {
		return wants
	}
	room := d.maxReplicas() - sum(all, wanted)
	return has + max(0, min(room, wants-has))
}

// shrinkOld makes the old ReplicaSets smaller by what the fence allows. Pods
// that are not available go first, because nobody misses them. The pods of the
// current ReplicaSet that are not available yet count as missing, so that a
// template which never becomes available does not eat up the old pods.
func shrinkOld(d *Deployment, f family) []resize {
	old := active(f.old)
	missing := f.current.replicas() - usable(f.current)
	spare := sum(f.all(), wanted) - d.minAvailable() - missing
	if spare <= 0 {
		return nil
	}
	size := map[*ReplicaSet]int32{}
	for _, rs := range old {
		unhealthy := min(spare, rs.replicas()-usable(rs))
		size[rs] = rs.replicas() - unhealthy
		spare -= unhealthy
	}
	healthy := sum(f.all(), usable) - d.minAvailable()
	for _, rs := range old {
		gone := min(size[rs], max(0, healthy))
		size[rs] -= gone
		healthy -= gone
	}
	return changes(old, size)
}

// usable returns how many pods are available and are to stay. The status may be
// from before the ReplicaSet was made smaller, and then counts pods that go.
func usable(rs *ReplicaSet) int32 { return min(rs.Status.AvailableReplicas, rs.replicas()) }

// endOld leaves the old ReplicaSets without pods.
func endOld(f family) []resize { return changes(active(f.old), nil) }

// changes returns the ReplicaSets whose size differs from the one in the map,
// in which 0 may be left out.
func changes(sets []*ReplicaSet, size map[*ReplicaSet]int32) []resize {
	var resizes []resize
	for _, rs := range sets {
		if size[rs] != rs.replicas() {
			resizes = append(resizes, resize{rs, size[rs]})
		}
	}
	return resizes
}
