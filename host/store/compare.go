// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// comparison compares records of one generation in one wake shape. All watchers
// with that shape share it, so that each change is compared once. The methods
// are called with the informer's turn held.
type comparison struct {
	shape         string // the wake shape
	wake          *project.Transcoder
	first, second []byte // scratch

	last change // that was compared; records are never modified
	same bool   // what came of it
}

// comparison returns the one for a wake shape, which the layout must have: that
// of another watcher, or a new one. The caller holds turn.
func (g *generation) comparison(wake *record.Shape) *comparison {
	shape := wake.String()
	for _, w := range g.informer.watchers.all {
		if w.focus != nil && w.focus.lens.generation == g && w.focus.wake.shape == shape {
			return w.focus.wake
		}
	}
	return &comparison{shape: shape, wake: must(g.layout.part(wake))}
}

// alike reports whether a change of an object leaves everything in the wake
// shape as it was.
func (c *comparison) alike(ch change) bool {
	if !identical(c.last.before, ch.before) || !identical(c.last.after, ch.after) {
		c.last, c.same = ch, alike(c, c, ch)
	}
	return c.same
}

// identical reports whether both are one record, not two equal ones.
func identical(a, b []byte) bool { return len(a) > 0 && len(b) > 0 && &a[0] == &b[0] }

// alike reports whether both records of a change, the first of which may be of
// an older generation, are one object with the same bytes in the wake shape.
func alike(old, now *comparison, c change) bool {
	before, after := cut(c.before), cut(c.after)
	if !bytes.Equal(before.uid, after.uid) {
		return false
	}
	if before.version == after.version && before.version != 0 {
		return true
	}
	if now.wake.Same() && old.wake.Same() {
		return bytes.Equal(before.body, after.body)
	}
	now.first = old.wake.Append(now.first[:0], before.body)
	now.second = now.wake.Append(now.second[:0], after.body)
	return bytes.Equal(now.first, now.second)
}
