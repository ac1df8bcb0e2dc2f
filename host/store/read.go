// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/wasm-controller-manager/wcm/host/project"
)

// get returns the record of an object, nil if there is none.
func (t *table) get(namespace, name string) []byte {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if e := t.namespaces[namespace][name]; e != nil {
		return e.rec
	}
	return nil
}

// current returns an object's version and the one at which its body last
// changed.
func (t *table) current(namespace, name string) (version, changed uint64, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	e := t.namespaces[namespace][name]
	if e == nil {
		return 0, 0, false
	}
	return cut(e.rec).version, e.changed, true
}

// all returns the records of a namespace, of every namespace if it is empty.
func (t *table) all(namespace string) [][]byte {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if namespace != "" {
		names := t.namespaces[namespace]
		return appendRecords(make([][]byte, 0, len(names)), names)
	}
	recs := make([][]byte, 0, t.count)
	for _, names := range t.namespaces {
		recs = appendRecords(recs, names)
	}
	return recs
}

func appendRecords(recs [][]byte, names map[string]*entry) [][]byte {
	for _, e := range names {
		recs = append(recs, e.rec)
	}
	return recs
}

// filed returns what an index has under a value, false if there is no such index.
func (t *table) filed(spec indexSpec, value, namespace string) ([][]byte, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	ix, ok := t.indexes[spec]
	if !ok {
		return nil, false
	}
	entries := ix.in(value, namespace)
	recs := make([][]byte, len(entries))
	for i, e := range entries {
		recs[i] = e.rec
	}
	return recs, true
}

func (t *table) len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.count
}

// size returns how many objects there are and how long their records are in all.
func (t *table) size() (objects, bytes int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.count, t.bytes
}

// empty reports whether there are no objects in the namespace.
func (t *table) empty(namespace []byte) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.namespaces[string(namespace)]) == 0
}

func (t *table) newest() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.highest
}

func (t *table) told() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.position
}

// labelSet answers a label selector from the bytes of a body.
type labelSet struct{ project.Entries }

var _ labels.Labels = labelSet{}

// Lookup returns the value of a label.
func (l labelSet) Lookup(label string) (string, bool) {
	value, ok := l.Entries.Lookup(label)
	return alias(value), ok
}

// Get returns the value of a label.
func (l labelSet) Get(label string) string {
	value, _ := l.Lookup(label)
	return value
}

// Has reports whether there is such a label.
func (l labelSet) Has(label string) bool {
	_, ok := l.Lookup(label)
	return ok
}
