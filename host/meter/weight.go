// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

// leafWeight is the weight up to which a function that calls nothing is not
// charged where it begins: those that call it pay for it. Loops in it are
// charged all the same.
const leafWeight = 32

// heaviest is more than the weight of any one instruction.
const heaviest = 1 + ImportWeight + CallWeight + leafWeight + bulkWeight + freeConstant/bytesPerUnit

// charged stands for the weight of a function that pays for itself.
const charged = -1

// weigh returns the weight of an instruction without what it calls: one, and
// nothing for those that only give the text its structure.
func weigh(op wasm.Opcode) int {
	switch op {
	case wasm.OpNop, wasm.OpBlock, wasm.OpLoop, wasm.OpEnd:
		return 0
	}
	return 1
}

// leaves returns how much each function that is not imported weighs that its
// callers pay for, or that it pays itself.
func leaves(m *wasm.Module) []int {
	weights := make([]int, 0, len(m.Code))
	var c wasm.Cursor
	for _, code := range m.Code {
		weight := charged
		if code.Calls == 0 {
			c.Reset(m, code)
			weight = leaf(&c)
		}
		weights = append(weights, weight)
	}
	return weights
}

// leaf returns the weight of a function outside of its loops. It is charged if
// it is too heavy, has something whose price is a length, or may be a dispatch.
func leaf(c *wasm.Cursor) int {
	weight, loops := 0, 0
	for last := wasm.OpNop; c.Next(); last = c.Op {
		if loops == 0 {
			weight += weigh(c.Op)
		}
		switch {
		case isBulk(c.Op), weight > leafWeight, last == wasm.OpLoop && c.Op == wasm.OpBlock:
			return charged
		case c.Op == wasm.OpLoop:
			loops++
		case c.Op == wasm.OpEnd && wasm.Opcode(c.X) == wasm.OpLoop:
			loops--
		}
	}
	return weight
}
