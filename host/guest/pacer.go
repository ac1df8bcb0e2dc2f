// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

// pacer decides when a guest collects its garbage. Linear memory never
// shrinks, so its growth alone is a poor signal: a collection leaves free space
// inside it that is used up silently, and the next growth comes on top, again
// and again. So the first growth teaches how many calls go by until a
// collection is due, and from then on calls are counted. After enough
// collections without growth the count rises a little, since calls may have
// become cheaper; when memory grows in spite of it, the count was too high: it
// is halved, and twice as many collections are enough for the next rise. So
// memory grows at most as the logarithm of what the guest allocates.
type pacer struct {
	growth   uint64 // collect when memory grew by so many bytes
	last     uint64 // size of the memory after the last collection
	calls    int    // since the last collection
	every    int    // collect after so many calls; 0: not known yet
	quiet    int    // collections without growth since every changed
	patience int    // how many of them raise every
}

// due counts a call after which memory has the given size, and reports whether
// to collect now.
func (p *pacer) due(size uint64) bool {
	p.calls++
	switch {
	case p.every == 0 && size >= p.last+p.growth:
		p.every, p.patience = max(p.calls/2, 1), 1
	case p.every > 0 && size > p.last:
		p.every, p.patience, p.quiet = max(p.calls/2, 1), min(2*p.patience, 1<<30), 0
	case p.every > 0 && p.calls >= p.every:
		if p.quiet++; p.quiet >= p.patience {
			p.every, p.quiet = p.every+p.every/16+1, 0
		}
	default:
		return false
	}
	p.calls, p.last = 0, size
	return true
}
