// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

// exit is what is known of the calls of a function, for the charge at its end.
//
// Charges in advance are not enough where functions call each other. A million
// frames may each have paid for the code behind their call, slice by slice,
// before the deepest one returns; then all of it runs with no charge between.
// So the price of what is behind the first call is split: half of it is paid
// at the exit. The body becomes a block, so that there is one exit:
//
//	fuel -= …
//	block (result …)
//		…              ;; return is a branch to its end
//	end
//	fuel -= …
//
// Now the work between two charges is at most twice what they weigh, on the
// way down and on the way up. Only functions that may be below themselves on
// the stack need that, and every so many of a long chain of others.
type exit struct {
	wrapped bool // the body is a block
	called  bool // a call was read
	before  int  // weight of the text before the first one
	depth   int  // loops around a call, at most
}

// openExit begins the block if the function is charged at its exit.
func (b *body) openExit(function uint32, exits bool) {
	b.exit = exit{wrapped: exits}
	if exits {
		b.out = append(b.out, byte(wasm.OpBlock))
		b.out = b.r.blockType(b.out, b.r.m.FuncType(function).Results)
	}
}

// blockType appends the type of a block without parameters.
func (r *rewriter) blockType(out []byte, results []wasm.ValueType) []byte {
	switch len(results) {
	case 0:
		return append(out, wasm.BlockEmpty)
	case 1:
		return append(out, byte(results[0]))
	}
	return sleb(out, int(r.typeIndex(wasm.FuncType{Results: results})))
}

// suspends notes a call of another function.
func (b *body) suspends() {
	e := &b.exit
	if !e.called {
		e.called, e.before = true, b.total
	}
	e.depth = max(e.depth, len(b.text.regions)-1)
}

// leave writes a return.
func (b *body) leave(c *wasm.Cursor) {
	if b.exit.wrapped {
		b.replace(c, wasm.OpBr, uint32(len(b.text.frames)))
	}
}

// closeExit ends the block and charges for the code behind the first call. It
// returns what the first segment is cheaper by.
func (b *body) closeExit(first int) int {
	e := &b.exit
	if !e.wrapped {
		return 0
	}
	price := 0
	if e.called {
		// Of each loop around a call, and of the body, a segment may be left.
		behind := min(b.total-e.before, (1+e.depth)*(segmentWeight+heaviest))
		price = (behind + 1) / 2
		b.out = append(b.out, b.r.charge.before...)
		b.out = sleb(b.out, price)
		b.out = append(b.out, b.r.charge.after...)
	}
	b.out = append(b.out, byte(wasm.OpEnd))
	return min(price, first/2)
}
