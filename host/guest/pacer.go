// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

// pacer decides when a guest collects its garbage. Linear memory never
// shrinks, so its growth alone is a poor signal: a collection leaves free
// space inside it that is used up silently, and the next growth comes on top.
// So the first growth teaches how many calls go by until a collection is due,
// and from then on calls are counted; growth in spite of that halves the
// count, and each collection without growth adds a little to it, slowly, since
// to overshoot means to grow for good.
type pacer struct {
	growth uint64 // collect when memory grew by so many bytes
	last   uint64 // size of the memory after the last collection
	calls  int    // since the last collection
	every  int    // collect after so many calls; 0: not known yet
}

// due counts a call after which memory has the given size, and reports whether
// to collect now.
func (p *pacer) due(size uint64) bool {
	p.calls++
	grown := size >= p.last+p.growth || p.every > 0 && size > p.last
	switch {
	case grown:
		p.every = max(p.calls/2, 1)
	case p.every > 0 && p.calls >= p.every:
		p.every += p.every/16 + 1
	default:
		return false
	}
	p.calls, p.last = 0, size
	return true
}
