// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

import "fmt"

// Opcode is an instruction's code: one byte, or for codes of two parts
// prefix<<16 + number.
type Opcode uint32

// The instructions that somebody asks for by name.
const (
	OpUnreachable  Opcode = 0x00
	OpNop          Opcode = 0x01
	OpBlock        Opcode = 0x02
	OpLoop         Opcode = 0x03
	OpIf           Opcode = 0x04
	OpElse         Opcode = 0x05
	OpEnd          Opcode = 0x0b
	OpBr           Opcode = 0x0c
	OpBrIf         Opcode = 0x0d
	OpBrTable      Opcode = 0x0e
	OpReturn       Opcode = 0x0f
	OpCall         Opcode = 0x10
	OpCallIndirect Opcode = 0x11
	OpDrop         Opcode = 0x1a
	OpSelect       Opcode = 0x1b
	OpSelectTyped  Opcode = 0x1c
	OpLocalGet     Opcode = 0x20
	OpLocalSet     Opcode = 0x21
	OpLocalTee     Opcode = 0x22
	OpGlobalGet    Opcode = 0x23
	OpGlobalSet    Opcode = 0x24
	OpTableGet     Opcode = 0x25
	OpTableSet     Opcode = 0x26
	OpMemorySize   Opcode = 0x3f
	OpMemoryGrow   Opcode = 0x40
	OpI32Const     Opcode = 0x41
	OpI64Const     Opcode = 0x42
	OpF32Const     Opcode = 0x43
	OpF64Const     Opcode = 0x44
	OpRefNull      Opcode = 0xd0
	OpRefFunc      Opcode = 0xd2

	OpMemoryInit Opcode = misc<<16 + 8
	OpDataDrop   Opcode = misc<<16 + 9
	OpMemoryCopy Opcode = misc<<16 + 10
	OpMemoryFill Opcode = misc<<16 + 11
	OpTableInit  Opcode = misc<<16 + 12
	OpElemDrop   Opcode = misc<<16 + 13
	OpTableCopy  Opcode = misc<<16 + 14
	OpTableGrow  Opcode = misc<<16 + 15
	OpTableSize  Opcode = misc<<16 + 16
	OpTableFill  Opcode = misc<<16 + 17

	OpV128Const Opcode = simd<<16 + 12
)

// The prefixes of opcodes of two parts.
const (
	misc = 0xfc
	simd = 0xfd
)

// shape is what follows an opcode.
type shape byte

const (
	shapeUnknown      shape = iota // no such opcode
	shapePlain                     // nothing
	shapeBlock                     // a block type
	shapeEnd                       // nothing; else and end
	shapeLabel                     // a label
	shapeLabels                    // labels and a default
	shapeFunction                  // a function
	shapeIndirect                  // a type and a table
	shapeTypes                     // types of a select
	shapeLocal                     // a local
	shapeGlobal                    // a global
	shapeTable                     // a table
	shapeTables                    // two tables
	shapeElement                   // an element segment
	shapeElementTable              // an element segment and a table
	shapeData                      // a data segment
	shapeDataMemory                // a data segment and a memory
	shapeMemory                    // a memory
	shapeMemories                  // two memories
	shapeAccess                    // alignment and offset of a memory access
	shapeAccessLane                // the same and a lane
	shapeLane                      // a lane
	shapeShuffle                   // 16 lanes
	shapeReference                 // a reference type
	shapeI32                       // a signed number of 32 bits
	shapeI64                       // a signed number of 64 bits
	shape4                         // 4 bytes
	shape8                         // 8 bytes
	shape16                        // 16 bytes
	shapePrefix                    // the rest of an opcode of two parts
)

// form is what follows an opcode, with the number that bounds it: log2 of the
// natural alignment of an access, or how many lanes there are.
type form struct {
	shape shape
	bound byte
	lanes byte // of shapeAccessLane
}

// The forms by opcode.
var (
	plainForms = plainOpcodes()
	miscForms  = miscOpcodes()
	simdForms  = simdOpcodes()
)

func plainOpcodes() (f [256]form) {
	fill := func(from, to int, s shape) {
		for i := from; i <= to; i++ {
			f[i] = form{shape: s}
		}
	}
	fill(0x00, 0x01, shapePlain)
	fill(0x02, 0x04, shapeBlock)
	f[OpElse], f[OpEnd] = form{shape: shapeEnd}, form{shape: shapeEnd}
	fill(0x0c, 0x0d, shapeLabel)
	f[OpBrTable] = form{shape: shapeLabels}
	f[OpReturn] = form{shape: shapePlain}
	f[OpCall] = form{shape: shapeFunction}
	f[OpCallIndirect] = form{shape: shapeIndirect}
	fill(0x1a, 0x1b, shapePlain)
	f[OpSelectTyped] = form{shape: shapeTypes}
	fill(0x20, 0x22, shapeLocal)
	fill(0x23, 0x24, shapeGlobal)
	fill(0x25, 0x26, shapeTable)
	for i, align := range []byte{2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2} {
		f[0x28+i] = form{shape: shapeAccess, bound: align}
	}
	fill(0x3f, 0x40, shapeMemory)
	f[OpI32Const] = form{shape: shapeI32}
	f[OpI64Const] = form{shape: shapeI64}
	f[OpF32Const] = form{shape: shape4}
	f[OpF64Const] = form{shape: shape8}
	fill(0x45, 0xc4, shapePlain)
	f[OpRefNull] = form{shape: shapeReference}
	f[0xd1] = form{shape: shapePlain} // ref.is_null
	f[OpRefFunc] = form{shape: shapeFunction}
	fill(misc, simd, shapePrefix)
	return f
}

func miscOpcodes() (f [18]form) {
	for i := range 8 { // saturating conversions
		f[i] = form{shape: shapePlain}
	}
	for op, s := range map[Opcode]shape{
		OpMemoryInit: shapeDataMemory, OpDataDrop: shapeData, OpMemoryCopy: shapeMemories, OpMemoryFill: shapeMemory,
		OpTableInit: shapeElementTable, OpElemDrop: shapeElement, OpTableCopy: shapeTables,
		OpTableGrow: shapeTable, OpTableSize: shapeTable, OpTableFill: shapeTable,
	} {
		f[op&0xffff] = form{shape: s}
	}
	return f
}

func simdOpcodes() (f [256]form) {
	for i := range f {
		f[i] = form{shape: shapePlain}
	}
	for _, hole := range []byte{
		0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6,
		0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee,
	} {
		f[hole] = form{}
	}
	for i, align := range []byte{4, 3, 3, 3, 3, 3, 3, 0, 1, 2, 3, 4} {
		f[i] = form{shape: shapeAccess, bound: align}
	}
	f[12], f[13] = form{shape: shape16}, form{shape: shapeShuffle, bound: 32}
	for i, lanes := range []byte{16, 16, 16, 8, 8, 8, 4, 4, 2, 2, 4, 4, 2, 2} {
		f[21+i] = form{shape: shapeLane, bound: lanes}
	}
	for i := range 4 {
		access := form{shape: shapeAccessLane, bound: byte(i), lanes: 16 >> i}
		f[84+i], f[88+i] = access, access
	}
	f[92], f[93] = form{shape: shapeAccess, bound: 2}, form{shape: shapeAccess, bound: 3}
	return f
}

// proposal names the extension that an opcode belongs to, for those that are
// known but not supported.
func proposal(op Opcode) string {
	switch {
	case op >= 0x06 && op <= 0x0a, op == 0x18, op == 0x19, op == 0x1f:
		return "exception handling"
	case op == 0x12, op == 0x13:
		return "tail calls"
	case op == 0x14, op == 0x15, op >= 0xd3 && op <= 0xd6:
		return "typed function references"
	case op == 0xfb:
		return "garbage collection"
	case op == 0xfe:
		return "threads"
	case op>>16 == simd && op&0xffff >= 0x100:
		return "relaxed SIMD"
	case op>>16 == misc && op&0xffff >= 0x13 && op&0xffff <= 0x16:
		return "wide arithmetic"
	}
	return ""
}

// String returns the number as the specification writes it: "0xfc 10".
func (op Opcode) String() string {
	if op>>16 != 0 {
		return fmt.Sprintf("0x%02x %d", uint32(op>>16), uint32(op&0xffff))
	}
	return fmt.Sprintf("0x%02x", uint32(op))
}
