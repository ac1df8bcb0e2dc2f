// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"slices"
	"time"
)

// finalizerWait is how long the work that a finalizer stands for is taken to
// last.
const finalizerWait = 15 * time.Second

// tally is what is left of one resource in a namespace.
type tally struct {
	count      int
	untouched  int            // of these can be deleted, or let go of
	finalizers map[string]int // objects that have each
	wait       time.Duration  // until the last of them should be gone; 0: nothing is known to hold them
}

// add counts one object. The deletion time of one that has a grace period, as
// pods do, is the end of that.
func (t *tally) add(thing *Thing, now time.Time) {
	t.count++
	if thing.untouched() {
		t.untouched++
	}
	t.wait = max(t.wait, thing.Own.DeletionTimestamp.Sub(now))
	if len(thing.Own.Finalizers) == 0 {
		return
	}
	t.wait = max(t.wait, finalizerWait)
	if t.finalizers == nil {
		t.finalizers = map[string]int{}
	}
	for _, finalizer := range thing.Own.Finalizers {
		t.finalizers[finalizer]++
	}
}

// untouched reports whether to delete the object does something: it is not being
// deleted, or waits for what it owns, which a deletion in the background ends.
func (t *Thing) untouched() bool {
	return t.Own.DeletionTimestamp.IsZero() || slices.Contains(t.Own.Finalizers, "orphan") || slices.Contains(t.Own.Finalizers, "foregroundDeletion")
}
