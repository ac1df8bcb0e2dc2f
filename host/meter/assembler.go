// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

// assembler writes the body of a helper. Its locals are the operands of the
// instruction, in their order; the length is the last.
type assembler struct {
	r   *rewriter
	out []byte
}

func (a *assembler) op(code ...byte) { a.out = append(a.out, code...) }

func (a *assembler) get(local int) { a.op(byte(wasm.OpLocalGet), byte(local)) }

func (a *assembler) set(local int) { a.op(byte(wasm.OpLocalSet), byte(local)) }

func (a *assembler) i32(n int) { a.out = sleb(append(a.out, byte(wasm.OpI32Const)), n) }

func (a *assembler) i64(n int) { a.out = sleb(append(a.out, byte(wasm.OpI64Const)), n) }

// get64 puts a local of 32 bits on the stack as an unsigned number of 64.
func (a *assembler) get64(local int) {
	a.get(local)
	a.op(opI64ExtendU)
}

func (a *assembler) when() { a.op(byte(wasm.OpIf), wasm.BlockEmpty) }

func (a *assembler) otherwise() { a.op(byte(wasm.OpElse)) }

func (a *assembler) end() { a.op(byte(wasm.OpEnd)) }

// charge charges what price puts on the stack, a number of 64 bits.
func (a *assembler) charge(price func()) {
	c := &a.r.charge
	a.op(c.before[:len(c.before)-1]...) // without the i64.const
	price()
	a.op(c.after...)
}

// piecewise is an instruction on memory with three operands.
type piecewise struct {
	op      []byte
	advance []byte  // the locals that are addresses
	source  *uint32 // the size of what local 1 is an address of; nil: not checked
}

const (
	destination = 0
	source      = 1
	length      = 2
)

// whole does the instruction with its operands.
func (a *assembler) whole(p piecewise) {
	a.get(0)
	a.get(1)
	a.get(length)
	a.op(p.op...)
}

// pieces does the instruction from low to high addresses:
//
//	if length > free {
//		if length > piece {
//			if it would trap { do it }
//			loop { charge(piece); do a piece; advance; if length > piece { continue } }
//		}
//		charge(length)
//	}
//	do it
func (a *assembler) pieces(p piecewise) { a.inPieces(p, func() { a.upwards(p) }) }

// copyPieces does the same from high to low if the destination is higher,
// since it may overlap the source.
func (a *assembler) copyPieces(p piecewise) {
	a.inPieces(p, func() {
		a.get(destination)
		a.get(source)
		a.op(opI32GtU)
		a.when()
		a.downwards(p)
		a.otherwise()
		a.upwards(p)
		a.end()
	})
}

func (a *assembler) inPieces(p piecewise, loop func()) {
	a.op(0) // no locals
	a.get(length)
	a.i32(freeBytes)
	a.op(opI32GtU)
	a.when()
	a.lengthOver(pieceBytes)
	a.when()
	// An operation that leaves the memory must trap before it does anything.
	a.outside(destination, a.memoryBytes)
	a.when()
	a.whole(p)
	a.end()
	if p.source != nil {
		a.outside(source, func() { a.i64(int(*p.source)) })
		a.when()
		a.whole(p)
		a.end()
	} else if len(p.advance) > 1 {
		a.outside(source, a.memoryBytes)
		a.when()
		a.whole(p)
		a.end()
	}
	loop()
	a.end()
	a.charge(func() {
		a.get64(length)
		a.i64(log2PerUnit)
		a.op(opI64ShrU)
	})
	a.end()
	a.whole(p)
}

func (a *assembler) lengthOver(n int) {
	a.get(length)
	a.i32(n)
	a.op(opI32GtU)
}

func (a *assembler) memoryBytes() {
	a.op(byte(wasm.OpMemorySize), 0, opI64ExtendU)
	a.i64(16)
	a.op(opI64Shl)
}

// outside tests whether length bytes at an address end behind a size.
func (a *assembler) outside(address int, size func()) {
	a.get64(address)
	a.get64(length)
	a.op(opI64Add)
	size()
	a.op(opI64GtU)
}

func (a *assembler) chargePiece() { a.charge(func() { a.i64(pieceBytes / bytesPerUnit) }) }

func (a *assembler) upwards(p piecewise) {
	a.op(byte(wasm.OpLoop), wasm.BlockEmpty)
	a.chargePiece()
	a.get(0)
	a.get(1)
	a.i32(pieceBytes)
	a.op(p.op...)
	for _, local := range p.advance {
		a.get(int(local))
		a.i32(pieceBytes)
		a.op(opI32Add)
		a.set(int(local))
	}
	a.shorten()
	a.again()
}

func (a *assembler) downwards(p piecewise) {
	a.op(byte(wasm.OpLoop), wasm.BlockEmpty)
	a.chargePiece()
	a.shorten()
	for _, local := range p.advance {
		a.get(int(local))
		a.get(length)
		a.op(opI32Add)
	}
	a.i32(pieceBytes)
	a.op(p.op...)
	a.again()
}

func (a *assembler) shorten() {
	a.get(length)
	a.i32(pieceBytes)
	a.op(opI32Sub)
	a.set(length)
}

// again ends a loop that goes on while there is more than a piece.
func (a *assembler) again() {
	a.lengthOver(pieceBytes)
	a.op(byte(wasm.OpBrIf), 0)
	a.end()
}

// memoryGrow charges for the pages that memory has grown by.
func (a *assembler) memoryGrow() {
	const pages, before = 0, 1
	a.op(1, 1, byte(wasm.I32)) // a local for the result
	a.get(pages)
	a.op(byte(wasm.OpMemoryGrow), 0)
	a.op(byte(wasm.OpLocalTee), before)
	a.i32(-1)
	a.op(opI32Eq)
	a.when()
	a.otherwise()
	a.charge(func() {
		a.get64(pages)
		a.i64(log2PerPage)
		a.op(opI64Shl)
	})
	a.end()
	a.get(before)
}

// entries charges an instruction on a table for each entry.
func (a *assembler) entries(op []byte) {
	a.op(0) // no locals
	a.charge(func() { a.get64(length) })
	a.get(0)
	a.get(1)
	a.get(length)
	a.op(op...)
}

// tableGrow charges for each entry, and refuses to grow beyond the limit.
func (a *assembler) tableGrow(table uint32) {
	const value, entries = 0, 1
	a.op(0) // no locals
	a.get64(entries)
	a.out = uleb(append(a.out, 0xfc, 16), int(table)) // table.size
	a.op(opI64ExtendU, opI64Add)
	a.i64(MaxTableEntries)
	a.op(opI64GtU)
	a.when()
	a.i32(-1)
	a.op(byte(wasm.OpReturn))
	a.end()
	a.charge(func() { a.get64(entries) })
	a.get(value)
	a.get(entries)
	a.out = uleb(append(a.out, 0xfc, 15), int(table)) // table.grow
}

// sleb appends a signed LEB128 number.
func sleb(out []byte, n int) []byte {
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if n == 0 && b&0x40 == 0 || n == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}
