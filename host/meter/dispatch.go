// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

// Go's compiler wraps a function in one loop, whatever loops it has itself:
//
//	loop
//		block … block
//			local.get $number
//			br_table 0 1 2 …      ;; to the end of the block of that number
//		end
//		…                             ;; code 0
//		i32.const 2
//		local.set $number
//		br $loop                      ;; on to code 2
//		end
//		…
//	end
//
// so every jump, forward or back, goes through the head of the loop. Since the
// number of a jump stands before it, we know where it leads. One that leads
// forward can go to the end of its block at once, which is what the br_table
// would do, and faster. Only one that leads back lets code run again, and is
// charged for as much of it as the segment it leads to has. The function as a
// whole is one region, and what the br_table reaches when the function is
// entered is covered by the first charge, which weighs as much as the heaviest
// segment.
//
// All this holds for any function of this shape, whatever compiled it: if a
// branch to the loop is none of these jumps, the function is not.
type dispatch struct {
	state stage
	loop  int    // the frame of the loop
	local uint32 // has the number
	// blocks is the frame of each number's block, the default last.
	blocks []int
	// open is the frame behind the last block that is still open: ends close
	// them from the last to the first.
	open int
	// starts is the weight of the text before the end of each block that is
	// closed, by frame.
	starts []int
}

// dispatchWeight is the weight of going through the head of the loop.
const dispatchWeight = 2

// stage is how far the shape has been recognized.
type stage int

const (
	stageUnwanted stage = iota // it is not, and the function is rewritten as any other
	stageLoop                  // the loop has not come yet
	stageBlocks                // the blocks begin
	stageTable                 // the number is on the stack
	stageJumps                 // it is
	stageBroken                // it is not
)

// recognizes looks at an instruction up to the br_table. It returns whether it
// was a part of the shape, or the end of it.
func (d *dispatch) recognizes(b *body, c *wasm.Cursor) bool {
	switch {
	case d.state == stageUnwanted, d.state == stageJumps, d.state == stageLoop && c.Op != wasm.OpLoop:
		return false
	case d.state == stageLoop && c.Y == wasm.BlockEmpty:
		d.state, d.loop = stageBlocks, len(b.text.frames)
		b.open(nowhere)
	case d.state == stageBlocks && c.Op == wasm.OpBlock && c.Y == wasm.BlockEmpty:
		b.open(nowhere)
	case d.state == stageBlocks && c.Op == wasm.OpLocalGet:
		d.state, d.local = stageTable, c.X
	case d.state == stageTable && c.Op == wasm.OpBrTable && d.table(b, c):
		d.state = stageJumps
	default:
		d.state = stageBroken
	}
	return true
}

// begins reports whether every instruction may be a part of the shape.
func (d *dispatch) begins() bool { return d.state == stageBlocks || d.state == stageTable }

// table reads where the numbers lead. They must not lead to the loop.
func (d *dispatch) table(b *body, c *wasm.Cursor) bool {
	d.open = len(b.text.frames)
	b.labels = c.Labels(b.labels[:0])
	d.blocks = d.blocks[:0]
	for _, label := range b.labels {
		frame := d.open - 1 - int(label)
		if frame <= d.loop {
			return false
		}
		d.blocks = append(d.blocks, frame)
	}
	d.starts = append(d.starts[:0], make([]int, d.open)...)
	return true
}

// leads reports whether a label is that of the loop.
func (d *dispatch) leads(b *body, label uint32) bool {
	return d.state == stageJumps && len(b.text.frames)-1-int(label) == d.loop
}

// jump rewrites a branch to the loop.
func (d *dispatch) jump(b *body, c *wasm.Cursor) {
	number, set := b.before[0], b.before[1]
	if c.Op != wasm.OpBr || set.op != wasm.OpLocalSet || set.x != d.local || number.op != wasm.OpI32Const {
		d.state = stageBroken
		return
	}
	frame := d.blocks[min(int(number.x), len(d.blocks)-1)]
	if frame < d.open {
		label := uint32(len(b.text.frames) - 1 - frame)
		b.branch(label)
		b.replace(c, wasm.OpBr, label)
		return
	}
	b.copy(c.At)
	var price int
	b.out, price = b.r.charge.append(b.out)
	setPrice(b.out[price:], b.weightFrom(d.starts[frame])+dispatchWeight)
}

// closed notes that a frame was closed.
func (d *dispatch) closed(b *body, frame int) {
	switch {
	case d.state != stageJumps:
	case frame == d.loop:
		d.state = stageUnwanted
	case frame == d.open-1:
		d.open = frame
		d.starts[frame] = b.total
	}
}

// weightFrom returns the weight of the text from a place before the current
// one to the next charge, or to the current one.
func (b *body) weightFrom(start int) int {
	for _, bound := range b.text.bounds {
		if bound > start {
			return bound - start
		}
	}
	return b.total - start
}
