// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// The lengths of operations on memory, in bytes.
const (
	// bytesPerUnit is how many bytes are filled or copied in the time of an
	// instruction.
	bytesPerUnit = 16
	log2PerUnit  = 4
	// freeBytes are covered by the weight of the instruction.
	freeBytes = 256
	// freeConstant is the greatest length in the text that becomes part of
	// the weight.
	freeConstant = 4096
	// pieceBytes is the length beyond which an operation is done in pieces.
	pieceBytes = 1 << 18
	// log2PerPage is the price of a page that memory grows by: the system
	// finds, clears and maps its 64 KiB when they are first touched.
	log2PerPage = 14
)

// bulkWeight is the weight of an operation on memory or a table, beside what
// its length costs.
const bulkWeight = freeBytes / bytesPerUnit

// isBulk reports whether the time that an instruction takes depends on its
// operands.
func isBulk(op wasm.Opcode) bool {
	switch op {
	case wasm.OpMemoryFill, wasm.OpMemoryCopy, wasm.OpMemoryInit, wasm.OpMemoryGrow,
		wasm.OpTableFill, wasm.OpTableCopy, wasm.OpTableInit, wasm.OpTableGrow:
		return true
	}
	return false
}

// helper is a function that does one instruction and charges for its length.
// It takes and returns what the instruction does, so a module that was
// invalid stays so.
type helper struct {
	op        wasm.Opcode
	x, y      uint32
	name      string
	typeIndex uint32
	body      []byte
}

// bulk replaces an instruction whose time depends on its operands by a call,
// unless its length stands before it and is small.
func (b *body) bulk(c *wasm.Cursor) {
	if !isBulk(c.Op) {
		return
	}
	b.weigh(bulkWeight)
	onMemory := c.Op == wasm.OpMemoryFill || c.Op == wasm.OpMemoryCopy
	if length := b.before[1]; onMemory && length.op == wasm.OpI32Const && length.x <= freeConstant {
		b.weigh(int(length.x) / bytesPerUnit)
		return
	}
	b.replace(c, wasm.OpCall, b.r.helper(c.Op, c.X, c.Y))
}

// helper returns the index of the function for an instruction, which it makes
// if there is none yet.
func (r *rewriter) helper(op wasm.Opcode, x, y uint32) uint32 {
	switch op {
	case wasm.OpMemoryFill, wasm.OpMemoryCopy, wasm.OpMemoryGrow:
		x, y = 0, 0 // the cursor leaves them as they were
	case wasm.OpMemoryInit, wasm.OpTableFill, wasm.OpTableGrow:
		y = 0
	}
	i := slices.IndexFunc(r.helpers, func(h helper) bool { return h.op == op && h.x == x && h.y == y })
	if i < 0 {
		i = len(r.helpers)
		r.helpers = append(r.helpers, r.newHelper(op, x, y))
	}
	return r.function(uint32(len(r.m.Functions) + i))
}

func (r *rewriter) newHelper(op wasm.Opcode, x, y uint32) helper {
	h := helper{op: op, x: x, y: y}
	three := wasm.FuncType{Params: []wasm.ValueType{wasm.I32, wasm.I32, wasm.I32}}
	t := three
	a := assembler{r: r}
	switch op {
	case wasm.OpMemoryFill:
		h.name = "memory.fill"
		a.pieces(piecewise{op: []byte{0xfc, 11, 0}, advance: []byte{0}})
	case wasm.OpMemoryCopy:
		h.name = "memory.copy"
		a.copyPieces(piecewise{op: []byte{0xfc, 10, 0, 0}, advance: []byte{0, 1}})
	case wasm.OpMemoryInit:
		h.name = "memory.init"
		instruction, size := append(uleb([]byte{0xfc, 8}, int(x)), 0), r.m.Data[x].Size()
		a.pieces(piecewise{op: instruction, advance: []byte{0, 1}, source: &size})
	case wasm.OpMemoryGrow:
		h.name = "memory.grow"
		t = wasm.FuncType{Params: []wasm.ValueType{wasm.I32}, Results: []wasm.ValueType{wasm.I32}}
		a.memoryGrow()
	case wasm.OpTableFill:
		h.name = "table.fill"
		t.Params = []wasm.ValueType{wasm.I32, r.m.Tables[x].Type, wasm.I32}
		a.entries(uleb([]byte{0xfc, 17}, int(x)))
	case wasm.OpTableCopy:
		h.name = "table.copy"
		a.entries(uleb(uleb([]byte{0xfc, 14}, int(x)), int(y)))
	case wasm.OpTableInit:
		h.name = "table.init"
		a.entries(uleb(uleb([]byte{0xfc, 12}, int(x)), int(y)))
	case wasm.OpTableGrow:
		h.name = "table.grow"
		t = wasm.FuncType{Params: []wasm.ValueType{r.m.Tables[x].Type, wasm.I32}, Results: []wasm.ValueType{wasm.I32}}
		a.tableGrow(x)
	}
	h.name = ImportModule + "." + h.name
	h.typeIndex = r.typeIndex(t)
	a.end()
	h.body = a.out
	return h
}
