// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "slices"

// valueFunc appends to dst what an index files a body under, and returns false
// if nothing.
type valueFunc func(dst, body []byte) ([]byte, bool)

// index files the entries of a table under one value each. Its buckets are
// slices in the order of namespace and name: they cost 8 bytes per object, give
// the objects of one namespace as a range, and a change moves some memory only.
type index struct {
	value   valueFunc
	buckets map[string][]*entry
	scratch [2][]byte // values, before and after a change
}

// ensureIndex adds an index unless the table has it.
func (t *table) ensureIndex(spec indexSpec) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.indexes[spec] != nil {
		return
	}
	ix := &index{value: t.layout.value(spec)}
	t.indexes[spec] = ix
	t.fill(ix)
}

// dropIndexes removes all indexes that wanted does not have.
func (t *table) dropIndexes(wanted map[indexSpec]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for spec := range t.indexes {
		if !wanted[spec] {
			delete(t.indexes, spec)
		}
	}
}

// rebuild fills all indexes anew. The caller holds mu.
func (t *table) rebuild() {
	for _, ix := range t.indexes {
		t.fill(ix)
	}
}

func (t *table) fill(ix *index) {
	ix.buckets = map[string][]*entry{}
	t.each(func(e *entry) {
		h := cut(e.rec)
		if v, ok := ix.of(&ix.scratch[0], &h); ok {
			ix.buckets[string(v)] = append(ix.buckets[string(v)], e)
		}
	})
	for v, bucket := range ix.buckets {
		slices.SortFunc(bucket, compareEntries)
		ix.buckets[v] = slices.Clip(bucket)
	}
}

// reindex moves the entry from where its old record belongs to where its new
// one does; nil stands for "no object". The caller holds mu, and e.rec names
// the same object in both cases.
func (t *table) reindex(e *entry, before, after *header) {
	for _, ix := range t.indexes {
		ix.move(e, before, after)
	}
}

func (ix *index) move(e *entry, before, after *header) {
	from, had := ix.of(&ix.scratch[0], before)
	to, has := ix.of(&ix.scratch[1], after)
	if had && has && string(from) == string(to) {
		return
	}
	if had {
		ix.remove(from, e)
	}
	if has {
		ix.insert(to, e)
	}
}

// of returns the value of an object, which aliases the scratch.
func (ix *index) of(scratch *[]byte, h *header) (value []byte, ok bool) {
	if h == nil {
		return nil, false
	}
	*scratch, ok = ix.value((*scratch)[:0], h.body)
	return *scratch, ok
}

func (ix *index) insert(value []byte, e *entry) {
	bucket := ix.buckets[string(value)]
	i, _ := slices.BinarySearchFunc(bucket, e, compareEntries)
	ix.buckets[string(value)] = slices.Insert(bucket, i, e)
}

func (ix *index) remove(value []byte, e *entry) {
	bucket := ix.buckets[string(value)]
	i, found := slices.BinarySearchFunc(bucket, e, compareEntries)
	if !found {
		return
	}
	if len(bucket) == 1 {
		delete(ix.buckets, string(value))
		return
	}
	ix.buckets[string(value)] = slices.Delete(bucket, i, i+1)
}

// in returns the bucket's entries of the namespace, all if it is empty.
func (ix *index) in(value, namespace string) []*entry {
	bucket := ix.buckets[value]
	if namespace == "" {
		return bucket
	}
	from, _ := slices.BinarySearchFunc(bucket, namespace, func(e *entry, ns string) int {
		if string(cut(e.rec).namespace) < ns {
			return -1
		}
		return 1
	})
	to := from
	for to < len(bucket) && string(cut(bucket[to].rec).namespace) == namespace {
		to++
	}
	return bucket[from:to]
}

func compareEntries(a, b *entry) int {
	x, y := cut(a.rec), cut(b.rec)
	return compareKeys(&x, &y)
}
