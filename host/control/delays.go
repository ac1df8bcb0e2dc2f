// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"container/heap"
	"time"
)

// delays are the keys that wait for a time, the next one first. A key waits for
// one time at most, the earliest. The zero delays are empty, not safe for
// concurrent use, and without a timer: that is for whoever has them.
type delays struct {
	next  dues
	byKey keyMap[*due]
}

// due is when a key's time has come.
type due struct {
	key   Key
	at    time.Time
	index int // in the heap
}

// add makes a key wait until a time, and reports whether it is the next one of
// all. A key that waits for an earlier time already goes on doing so.
func (d *delays) add(key Key, at time.Time) (next bool) {
	entry, ok := d.byKey.get(key)
	switch {
	case !ok:
		entry = &due{key: key, at: at}
		d.byKey.set(key, entry)
		heap.Push(&d.next, entry)
	case at.Before(entry.at):
		entry.at = at
		heap.Fix(&d.next, entry.index)
	default:
		return false
	}
	return entry.index == 0
}

// take takes a key whose time has come.
func (d *delays) take(now time.Time) (key Key, ok bool) {
	if at, ok := d.first(); !ok || at.After(now) {
		return Key{}, false
	}
	entry := heap.Pop(&d.next).(*due)
	d.byKey.delete(entry.key)
	return entry.key, true
}

// first returns the next time.
func (d *delays) first() (at time.Time, ok bool) {
	if len(d.next) == 0 {
		return time.Time{}, false
	}
	return d.next[0].at, true
}

// dues is a heap of what is due.
type dues []*due

// Interface guards.
var _ heap.Interface = (*dues)(nil)

// Len implements [heap.Interface].
func (d dues) Len() int { return len(d) }

// Less implements [heap.Interface].
func (d dues) Less(i, j int) bool { return d[i].at.Before(d[j].at) }

// Swap implements [heap.Interface].
func (d dues) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].index, d[j].index = i, j
}

// Push implements [heap.Interface].
func (d *dues) Push(x any) {
	entry := x.(*due)
	entry.index = len(*d)
	*d = append(*d, entry)
}

// Pop implements [heap.Interface]. An empty heap has no array, which may have been
// a large one.
func (d *dues) Pop() any {
	last := len(*d) - 1
	entry := (*d)[last]
	(*d)[last] = nil
	if *d = (*d)[:last]; last == 0 {
		*d = nil
	}
	return entry
}
