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
