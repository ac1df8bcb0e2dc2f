// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "time"

// tombstoneLife is how long a deletion of ours hides an object at least. It
// only bounds memory and mishaps: a watch that works has passed the deletion
// long before.
const tombstoneLife = 2 * time.Minute

// tombstone hides an object that we deleted from reports that are older than
// the deletion. An object of another uid and a higher version is its successor.
//
// The version of the deletion itself is unknown in general, since the API
// server answers most deletes without the object.
type tombstone struct {
	uid     string
	version uint64 // the highest version that is known to have been the object's
	since   time.Time
}

// bury sets the key's tombstone. Two in a row need one only: whatever is older
// than the second object is older than the first's deletion as well.
func (t *table) bury(key Key, uid string, version uint64, now time.Time) {
	t.tombstones[key] = tombstone{uid: uid, version: max(version, t.tombstones[key].version), since: now}
}

// buried reports whether the record tells of an object that we deleted. If it
// is a successor, the tombstone has served.
func (t *table) buried(h *header) bool {
	if len(t.tombstones) == 0 {
		return false
	}
	stone, ok := t.tombstones[h.key()]
	if !ok {
		return false
	}
	if stone.uid == string(h.uid) || h.version != 0 && h.version <= stone.version {
		return true
	}
	delete(t.tombstones, h.key())
	return false
}

// unbury removes the tombstone when the watch has told of the deletion, or of
// a later one.
func (t *table) unbury(h *header) {
	stone, ok := t.tombstones[h.key()]
	if ok && (stone.uid == string(h.uid) || h.version > stone.version) {
		delete(t.tombstones, h.key())
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
