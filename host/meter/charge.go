// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

// charge is the instructions of a charge, around those that put its price on
// the stack. They leave the stack as it was, so they can stand anywhere.
//
// That the yield is in the else arm matters: the compiler lays code out in the
// order of the text, and so the path that is taken has no jump.
type charge struct{ before, after []byte }

func newCharge(fuel, yield uint32) charge {
	get := uleb([]byte{byte(wasm.OpGlobalGet)}, int(fuel))
	set := uleb([]byte{byte(wasm.OpGlobalSet)}, int(fuel))
	after := []byte{opI64Sub}
	after = append(after, set...)
	after = append(after, get...)
	after = append(after, byte(wasm.OpI64Const), 0, opI64GeS, byte(wasm.OpIf), wasm.BlockEmpty, byte(wasm.OpElse))
	after = append(after, byte(wasm.OpCall))
	after = uleb(after, int(yield))
	after = append(after, set...)
	after = append(after, byte(wasm.OpEnd))
	return charge{before: append(get, byte(wasm.OpI64Const)), after: after}
}

// weightSize is how many bytes the price of a charge takes: it becomes known
// only when the code behind it has been read.
const weightSize = 2

// A segment ends with the instruction that makes it heavy enough. The price
// must fit, as a signed number.
const _ = uint(1<<(7*weightSize-1) - 1 - (segmentWeight + heaviest))

// append appends a charge and returns where its price is to be put.
func (c *charge) append(out []byte) (_ []byte, price int) {
	out = append(out, c.before...)
	price = len(out)
	out = append(out, make([]byte, weightSize)...)
	return append(out, c.after...), price
}

// setPrice puts a price where append left room for it.
func setPrice(at []byte, price int) {
	for i := range weightSize {
		at[i] = byte(price>>(7*i)) & 0x7f
		if i < weightSize-1 {
			at[i] |= 0x80
		}
	}
}

// The opcodes that only charges and helpers use.
const (
	opI32Eq      = 0x46
	opI32LtU     = 0x49
	opI32GtU     = 0x4b
	opI64GeS     = 0x59
	opI64GtU     = 0x56
	opI32Add     = 0x6a
	opI32Sub     = 0x6b
	opI64Add     = 0x7c
	opI64Sub     = 0x7d
	opI64Shl     = 0x86
	opI64ShrU    = 0x88
	opI64ExtendU = 0xad
)
