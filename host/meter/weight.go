// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

// leafWeight is the number of instructions up to which a function that does
// nothing but compute is not charged itself: its callers are.
const leafWeight = 16

// heaviest is more than the weight of any one instruction.
const heaviest = 1 + ImportWeight + leafWeight + bulkWeight + freeConstant/bytesPerUnit

// leaves returns, by function, how many instructions one has that is not
// charged, and 0 for the others.
func leaves(m *wasm.Module) []int {
	weights := make([]int, len(m.Functions))
	var c wasm.Cursor
	for i, code := range m.Code {
		if code.Count > leafWeight || code.Loops > 0 || code.Calls > 0 {
			continue
		}
		c.Reset(m, code)
		if !bulky(&c) {
			weights[m.Imported(wasm.ExternalFunction)+i] = code.Count
		}
	}
	return weights
}

// bulky reports whether one of the instructions is charged by a length.
func bulky(c *wasm.Cursor) bool {
	for c.Next() {
		if isBulk(c.Op) {
			return true
		}
	}
	return false
}

// callWeight returns what a call costs beside the instruction itself.
func (r *rewriter) callWeight(function uint32) int {
	if function < r.yield {
		return ImportWeight
	}
	return r.leaves[function]
}
