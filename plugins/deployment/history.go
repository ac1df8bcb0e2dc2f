// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"cmp"
	"slices"
)

// surplusHistory returns which old ReplicaSets to delete so that no more are
// left than the history may have, lowest revision first. One that has pods, or
// may get some, stays and counts.
func surplusHistory(d *Deployment, old []*ReplicaSet) []*ReplicaSet {
	limit, exists := d.historyLimit()
	if !exists {
		return nil
	}
	alive := slices.DeleteFunc(slices.Clone(old), func(rs *ReplicaSet) bool { return rs.Deleting() })
	surplus := len(alive) - int(limit)
	if surplus <= 0 {
		return nil
	}
	slices.SortFunc(alive, compareRevision)
	return slices.DeleteFunc(alive[:surplus], func(rs *ReplicaSet) bool {
		return rs.replicas() != 0 || rs.Status.Replicas != 0 || rs.Generation > rs.Status.ObservedGeneration
	})
}

// compareRevision orders ReplicaSets by revision, those of one revision, or of
// one that cannot be read, by age. What cannot be read comes first.
func compareRevision(a, b *ReplicaSet) int {
	ra, _ := a.revision()
	rb, _ := b.revision()
	return cmp.Or(cmp.Compare(ra, rb), compareAge(a, b))
}
