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

// body rewrites functions, one after the other.
type body struct {
	r       *rewriter
	out     []byte // the function so far
	copied  int    // up to where the file is in it
	cursor  wasm.Cursor
	regions []region
	frames  []frame
	labels  []uint32
	length  constant // on top of the stack, if it is known
}

// constant is the i32.const before the current instruction.
type constant struct {
	known bool
	value uint32
}

// code returns the bodies of all functions, each behind its size.
func (r *rewriter) code() []byte {
	out := make([]byte, 0, len(r.m.File)+len(r.m.File)/8)
	b := body{r: r}
	for i, c := range r.m.Code {
		b.rewrite(c, r.leaves[int(r.yield)+i] > 0)
		out = uleb(out, len(b.out))
		out = append(out, b.out...)
	}
	for _, h := range r.helpers {
		out = uleb(out, len(h.body))
		out = append(out, h.body...)
	}
	return out
}

func (b *body) rewrite(code wasm.Code, leaf bool) {
	c := &b.cursor
	c.Reset(b.r.m, code)
	b.out = append(b.out[:0], b.r.m.File[code.Start:code.Instructions]...)
	b.copied = code.Instructions
	b.regions = append(b.regions[:0], region{price: -1})
	b.frames = b.frames[:0]
	b.length = constant{}
	if !leaf {
		b.charge()
	}
	for c.Next() {
		b.instruction(c)
		b.length = constant{known: c.Op == wasm.OpI32Const, value: c.X}
		if !leaf && b.region().weight >= segmentWeight {
			b.copy(c.End())
			b.charge()
		}
	}
	b.copy(c.End())
	b.closeRegion()
}

func (b *body) region() *region { return &b.regions[len(b.regions)-1] }

// instruction weighs an instruction and copies it, changed where it must be.
func (b *body) instruction(c *wasm.Cursor) {
	region := b.region()
	region.weight++
	switch c.Op {
	case wasm.OpBlock, wasm.OpIf:
		b.open(region.segments)
	case wasm.OpLoop:
		b.open(nowhere)
		b.copy(c.End())
		b.regions = append(b.regions, region0)
		b.charge()
	case wasm.OpElse:
		b.elseArm()
	case wasm.OpEnd:
		b.end(wasm.Opcode(c.X))
	case wasm.OpBr, wasm.OpBrIf:
		b.branch(c.X)
	case wasm.OpBrTable:
		b.labels = c.Labels(b.labels[:0])
		for _, l := range b.labels {
			b.branch(l)
		}
	case wasm.OpCall:
		region.weight += b.r.callWeight(c.X)
		b.replace(c, byte(c.Op), b.r.function(c.X))
	case wasm.OpCallIndirect:
		region.weight += leafWeight
	case wasm.OpRefFunc:
		b.replace(c, byte(c.Op), b.r.function(c.X))
	default:
		b.bulk(c)
	}
}

// region0 is a region whose code begins.
var region0 = region{price: -1}

// copy copies the file up to an offset.
func (b *body) copy(end int) {
	b.out = append(b.out, b.r.m.File[b.copied:end]...)
	b.copied = end
}

// replace writes another instruction instead of the current one.
func (b *body) replace(c *wasm.Cursor, op byte, index uint32) {
	b.copy(c.At)
	b.out = append(b.out, op)
	b.out = uleb(b.out, int(index))
	b.copied = c.End()
}

// charge begins a segment. What is behind the current instruction is its own.
func (b *body) charge() {
	b.closeRegion()
	region := b.region()
	b.out, region.price = b.r.charge.append(b.out)
	region.weight = 0
	region.segments++
}

// closeRegion puts the price of a segment that ends.
func (b *body) closeRegion() {
	if region := b.region(); region.price >= 0 {
		setPrice(b.out[region.price:], region.weight)
	}
}

func (b *body) open(elseFrom int) {
	b.frames = append(b.frames, frame{region: len(b.regions) - 1, from: nowhere, elseFrom: elseFrom})
}

// branch notes from which segment a label is reached. Labels of loops lead
// back, to a charge; that of the body leads out.
func (b *body) branch(label uint32) {
	if int(label) >= len(b.frames) {
		return
	}
	f := &b.frames[len(b.frames)-1-int(label)]
	f.from = min(f.from, b.regions[f.region].segments)
}

// elseArm begins the second arm of an if; its first arm leads to the end.
func (b *body) elseArm() {
	f := &b.frames[len(b.frames)-1]
	segment := b.region().segments
	f.from = min(f.from, segment)
	from := f.elseFrom
	f.elseFrom = nowhere
	b.join(from)
}

func (b *body) end(opened wasm.Opcode) {
	last := len(b.frames) - 1
	if last < 0 {
		return // of the body
	}
	f := b.frames[last]
	b.frames = b.frames[:last]
	switch opened {
	case wasm.OpLoop:
		b.closeRegion()
		b.regions = b.regions[:len(b.regions)-1]
	case wasm.OpIf:
		b.join(min(f.from, f.elseFrom))
	default:
		b.join(f.from)
	}
}

// join begins a segment where a branch leads from an earlier one.
func (b *body) join(from int) {
	if from >= b.region().segments {
		return
	}
	b.copy(b.cursor.End())
	b.charge()
}
