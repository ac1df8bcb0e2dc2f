// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"time"
)

// tombstoneLife is how long a deletion of ours hides an object at least. It
// only bounds memory and mishaps: a watch that works has passed the deletion
// long before.
const tombstoneLife = 2 * time.Minute

// tombstone hides the objects of one name that we deleted from reports that
// are older than their deletion.
//
// The version of a deletion is unknown in general, since the API server answers
// most deletes without the object.
type tombstone struct {
	uids    []string  // whose deletion the watch has not told of
	version uint64    // the highest version that is known to have been one of theirs
	since   time.Time // of the last one
}

// bury hides an object of which version, or a higher one, is the last. An empty
// uid hides what is not newer than version.
func (t *table) bury(key Key, uid string, version uint64, now time.Time) {
	stone := t.tombstones[key]
	if !slices.Contains(stone.uids, uid) {
		stone.uids = append(slices.Clip(stone.uids), uid)
	}
	stone.version = max(version, stone.version)
	stone.since = now
	t.tombstones[key] = stone
}

// buried reports whether the record tells of an object that we deleted, or of
// an older one.
func (t *table) buried(h *header) bool {
	if len(t.tombstones) == 0 {
		return false
	}
	key := h.key()
	stone, ok := t.tombstones[key]
	if !ok {
		return false
	}
	if slices.Contains(stone.uids, string(h.uid)) {
		stone.version = max(stone.version, h.version)
		t.tombstones[key] = stone
		return true
	}
	return h.version != 0 && h.version <= stone.version
}

// unbury takes the news that the watch has told of an object's deletion.
func (t *table) unbury(h *header) {
	key := h.key()
	stone, ok := t.tombstones[key]
	i := slices.Index(stone.uids, string(h.uid))
	switch {
	case !ok || i < 0:
	case len(stone.uids) == 1:
		delete(t.tombstones, key)
	default:
		stone.uids = slices.Delete(slices.Clone(stone.uids), i, i+1)
		t.tombstones[key] = stone
	}
}

// sweep removes tombstones that no report can need any more: the watch
// works and has told of later things.
func (t *table) sweep(now time.Time) {
	for key, stone := range t.tombstones {
		if now.Sub(stone.since) > tombstoneLife && stone.version < t.position {
			delete(t.tombstones, key)
		}
	}
}
