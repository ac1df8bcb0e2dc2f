// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"maps"
	"sync"
	"time"
)

// table holds the objects of a resource in one layout, and decides what each
// report about an object means. Reports come from two sides that overtake each
// other: the watch, in order of version, and the answers to our own writes.
//
// Invariants:
//  1. An entry's version never decreases, except when the server went back
//     (a list that is older than what the watch has told before).
//  2. Entries newer than position are our own writes, which the watch has
//     not told of yet. All others are as the watch told.
//  3. What is buried (see [tombstone]) has no entry.
//
// The mutex makes reads safe beside one writer; the callers of the methods
// that write take turns by a lock of their own.
type table struct {
	layout *layout

	mu         sync.RWMutex
	namespaces map[string]map[string]*entry // by namespace, by name
	indexes    map[indexSpec]*index
	tombstones map[Key]tombstone
	count      int
	bytes      int    // of all records
	position   uint64 // the version up to which the watch has told; 0 before the first list
	highest    uint64 // the highest version of an object, also of a deleted one
}

func newTable(l *layout) *table {
	return &table{
		layout:     l,
		namespaces: map[string]map[string]*entry{},
		indexes:    map[indexSpec]*index{},
		tombstones: map[Key]tombstone{},
	}
}

// observe takes an added or modified object from the watch.
func (t *table) observe(rec []byte) (change, bool) {
	h := cut(rec)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.advance(h.version)
	if t.buried(&h) {
		return change{}, false
	}
	if e := t.find(h.namespace, h.name); e != nil && !h.newer(e) {
		return change{}, false
	}
	return t.put(&h, rec), true
}

// remove takes a deleted object from the watch.
func (t *table) remove(rec []byte) (change, bool) {
	h := cut(rec)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.advance(h.version)
	t.unbury(&h)
	e := t.find(h.namespace, h.name)
	if e == nil || h.version != 0 && h.version < cut(e.rec).version {
		return change{}, false // the name has a newer object, which we wrote
	}
	return t.drop(e), true
}

// written takes the answer to one of our own writes. What the watch has
// already passed is not news: it may even be deleted again.
func (t *table) written(rec []byte) (change, bool) {
	h := cut(rec)
	t.mu.Lock()
	defer t.mu.Unlock()
	if h.version <= t.position {
		return change{}, false
	}
	e := t.find(h.namespace, h.name)
	older := e != nil && h.newer(e)
	switch {
	case e != nil && !older:
		return change{}, false
	case !t.buried(&h):
		t.highest = max(t.highest, h.version)
		return t.put(&h, rec), true
	case older: // the answer to the delete has overtaken this one
		return t.drop(e), true
	}
	return change{}, false
}

// deleted takes the answer to a delete of ours after which the object is
// gone: it is hidden until the watch has told so. version is that of the
// answer, 0 if it had none; an empty uid stands for the object in the table.
func (t *table) deleted(key Key, uid string, version uint64, now time.Time) (change, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.find([]byte(key.Namespace), []byte(key.Name))
	if e == nil {
		// Without an entry, a watch that has passed the object's version has
		// passed its deletion too.
		if uid != "" && (version == 0 || version > t.position) {
			t.bury(key, uid, version, now)
		}
		return change{}, false
	}
	h := cut(e.rec)
	if uid == "" {
		uid = string(h.uid)
	}
	if uid != string(h.uid) && version <= h.version {
		t.bury(key, uid, version, now) // the entry may well be the object's successor
		return change{}, false
	}
	t.bury(key, uid, max(version, h.version), now)
	return t.drop(e), true
}

// replace takes a whole list as of a version, and returns what differs. Our own
// writes since that version stay.
func (t *table) replace(recs [][]byte, version uint64, now time.Time) []change {
	t.mu.Lock()
	defer t.mu.Unlock()
	told := max(version, t.position)
	t.position = version
	t.highest = max(t.highest, version)
	t.sweep(now)
	indexes := t.indexes
	t.indexes = nil // rebuilt once instead of maintained for each object
	changes := make([]change, 0, len(recs))
	listed := make(map[*entry]struct{}, len(recs))
	for _, rec := range recs {
		h := cut(rec)
		if t.buried(&h) {
			continue
		}
		e := t.find(h.namespace, h.name)
		if e == nil || h.newer(e) || cut(e.rec).version <= told && cut(e.rec).version != h.version {
			changes = append(changes, t.put(&h, rec))
			e = t.find(h.namespace, h.name)
		}
		listed[e] = struct{}{}
	}
	t.each(func(e *entry) {
		if _, ok := listed[e]; !ok && cut(e.rec).version <= told {
			changes = append(changes, t.drop(e))
		}
	})
	t.indexes = indexes
	t.rebuild()
	return changes
}

// bookmark takes the news that the watch has told everything up to version.
func (t *table) bookmark(version uint64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.position = max(t.position, version)
	t.sweep(now)
}

// inherit takes what an older table of the resource knows of deletions.
func (t *table) inherit(old *table) { maps.Copy(t.tombstones, old.tombstones) }

// advance notes the version of an event. The caller holds mu.
func (t *table) advance(version uint64) {
	t.position = max(t.position, version)
	t.highest = max(t.highest, version)
}
