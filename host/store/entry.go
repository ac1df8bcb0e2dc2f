// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "bytes"

// entry is one object of a table.
type entry struct {
	rec     []byte // in the table's layout; replaced, never modified
	changed uint64 // the version of the object at which its body last changed
}

// change is what one step did to one object. Both records are in the layout
// of the table; nil stands for "no object".
type change struct {
	before, after []byte
	// same says that both have one body and one uid: at most the resource
	// version moved.
	same bool
}

// record returns the record of the object as it is, or as it last was.
func (c *change) record() []byte {
	if c.after == nil {
		return c.before
	}
	return c.after
}

// newer reports whether the record is newer than the entry. Objects without
// versions are always taken as news.
func (h *header) newer(e *entry) bool { return h.version == 0 || h.version > cut(e.rec).version }

// put stores the record. The caller holds mu.
func (t *table) put(h *header, rec []byte) change {
	e := t.find(h.namespace, h.name)
	if e == nil {
		e = &entry{rec: rec, changed: h.version}
		t.names(h.namespace)[alias(h.name)] = e
		t.count++
		t.bytes += len(rec)
		t.reindex(e, nil, h)
		return change{after: rec}
	}
	before := e.rec
	old := cut(before)
	same := bytes.Equal(old.body, h.body) && bytes.Equal(old.uid, h.uid)
	e.rec = rec
	t.bytes += len(rec) - len(before)
	// Assigning again makes the map hold the name inside the new record, so
	// that the old one can be collected.
	t.names(h.namespace)[alias(h.name)] = e
	if !same {
		e.changed = h.version
		t.reindex(e, &old, h)
	}
	return change{before: before, after: rec, same: same}
}

// drop removes the entry. The caller holds mu.
func (t *table) drop(e *entry) change {
	h := cut(e.rec)
	t.reindex(e, &h, nil)
	names := t.namespaces[string(h.namespace)]
	delete(names, string(h.name))
	if len(names) == 0 {
		delete(t.namespaces, string(h.namespace))
	}
	t.count--
	t.bytes -= len(e.rec)
	return change{before: e.rec}
}

// names returns the namespace's map, which it makes if need be.
func (t *table) names(namespace []byte) map[string]*entry {
	names, ok := t.namespaces[string(namespace)]
	if !ok {
		names = map[string]*entry{}
		t.namespaces[string(namespace)] = names
	}
	return names
}

// find returns the entry or nil. The caller holds mu.
func (t *table) find(namespace, name []byte) *entry {
	return t.namespaces[string(namespace)][string(name)]
}

// each visits all entries; visit may drop the one that it is given.
func (t *table) each(visit func(*entry)) {
	for _, names := range t.namespaces {
		for _, e := range names {
			visit(e)
		}
	}
}
