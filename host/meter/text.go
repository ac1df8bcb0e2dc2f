// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"math"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// segmentWeight is the weight behind which code is charged anew even where
// nothing turns, so that no charge covers much time.
const segmentWeight = 4096

// text is the structure of a function, as far as it was read.
//
// A function is metered by regions: its body, and each loop in it without the
// loops in that. Within a region control only goes forward in the text; going
// back is what enters a loop's region again, through its first charge. So a
// charge at the beginning of a region that weighs all of its text covers
// whatever runs until the next one.
//
// A long region is cut into segments, each with a charge of its own. A branch
// may jump over the charge of a segment, but only to the end of a block (or
// to the else of an if), so there another segment begins if a branch from an
// earlier segment leads to it.
type text struct {
	regions  []region
	frames   []frame
	bounds   []int // weights of the text before each segment of the body
	entry    int   // where the price of the first segment is put
	first    int   // weight of the first segment
	heaviest int   // weight of a segment of the body
}

// region is the body or a loop, with its current segment.
type region struct {
	price    int // where in the output the price of the segment is put; -1: it is not charged
	weight   int // of the segment so far
	segments int // so far
}

// frame is a block around the current instruction.
type frame struct {
	region int // of the code behind its end
	// from is the earliest segment of that region from which a branch leads
	// to its end, elseFrom that from which the if leads to its else.
	from, elseFrom int
}

const nowhere = math.MaxInt

func (t *text) begin() {
	*t = text{regions: append(t.regions[:0], region{price: -1}), frames: t.frames[:0], bounds: t.bounds[:0]}
}

func (b *body) region() *region { return &b.text.regions[len(b.text.regions)-1] }

// charge begins a segment. What is behind the current instruction is its own.
func (b *body) charge() {
	b.closeSegment()
	region := b.region()
	b.out, region.price = b.r.charge.append(b.out)
	region.weight = 0
	region.segments++
	if len(b.text.regions) == 1 {
		b.text.bounds = append(b.text.bounds, b.total)
		if len(b.text.bounds) == 1 {
			b.text.entry = region.price
		}
	}
}

// closeSegment puts the price of a segment that ends.
func (b *body) closeSegment() {
	region, t := b.region(), &b.text
	if region.price < 0 {
		return
	}
	setPrice(b.out[region.price:], region.weight)
	if len(t.regions) > 1 {
		return
	}
	t.heaviest = max(t.heaviest, region.weight)
	if region.segments == 1 {
		t.first = region.weight
	}
}

// split begins a segment where the last one has become long.
func (b *body) split() {
	if b.region().weight >= segmentWeight {
		b.copy(b.cursor.End())
		b.charge()
	}
}

func (b *body) open(elseFrom int) {
	t := &b.text
	t.frames = append(t.frames, frame{region: len(t.regions) - 1, from: nowhere, elseFrom: elseFrom})
}

func (b *body) openLoop() {
	b.open(nowhere)
	b.copy(b.cursor.End())
	b.text.regions = append(b.text.regions, region{price: -1})
	b.charge()
}

// branch notes from which segment a label is reached. Labels of loops lead
// back, to a charge; that of the body leads out.
func (b *body) branch(label uint32) {
	t := &b.text
	if int(label) >= len(t.frames) {
		return
	}
	f := &t.frames[len(t.frames)-1-int(label)]
	f.from = min(f.from, t.regions[f.region].segments)
}

// elseArm begins the second arm of an if; its first arm leads to the end.
func (b *body) elseArm() {
	f := &b.text.frames[len(b.text.frames)-1]
	f.from = min(f.from, b.region().segments)
	from := f.elseFrom
	f.elseFrom = nowhere
	b.join(from)
}

func (b *body) end(opened wasm.Opcode) {
	t := &b.text
	last := len(t.frames) - 1
	if last < 0 {
		return // of the body
	}
	f := t.frames[last]
	t.frames = t.frames[:last]
	b.dispatch.closed(b, last)
	switch {
	case opened != wasm.OpLoop:
		b.join(min(f.from, f.elseFrom))
	case f.region < len(t.regions)-1: // it had a region of its own
		b.closeSegment()
		t.regions = t.regions[:len(t.regions)-1]
	}
}

// join begins a segment where a branch leads from an earlier one.
func (b *body) join(from int) {
	if from < b.region().segments {
		b.copy(b.cursor.End())
		b.charge()
	}
}
