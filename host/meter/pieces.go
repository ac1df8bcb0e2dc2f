// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

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
