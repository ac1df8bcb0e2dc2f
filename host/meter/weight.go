// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

const (
	// smallWeight is the weight up to which a function is not charged where
	// it begins: those that call it pay for it.
	smallWeight = 48
	// chain is how many functions may be on top of each other on the stack
	// that are not charged at their exits.
	chain = 16
	// heaviest is more than the weight of any one instruction.
	heaviest = 1 + ImportWeight + CallWeight + smallWeight + bulkWeight + freeConstant/bytesPerUnit
)

// weigh returns the weight of an instruction without what it calls: one, and
// nothing for those that only give the text its structure.
func weigh(op wasm.Opcode) int {
	switch op {
	case wasm.OpNop, wasm.OpBlock, wasm.OpLoop, wasm.OpEnd:
		return 0
	}
	return 1
}

// traits is what callers have to know of a function.
type traits struct {
	// small says that callers pay for it. A function that may call itself is
	// never small: then nobody would pay.
	small  bool
	weight int // if it is small
	// exits says that it is charged at its exit, height how many functions
	// may be on the stack above the last one that is.
	exits  bool
	height int
}

// survey returns the traits of the functions that are not imported.
func (r *rewriter) survey() []traits {
	g := newGraph(r.m)
	all := make([]traits, g.nodes()) // those of a type are of all functions that have it
	var c wasm.Cursor
	g.visit(func(group []int, recursive bool) {
		for _, node := range group {
			t := &all[node]
			t.exits = recursive
			if recursive {
				continue
			}
			t.height = g.height(all, node)
			if node >= len(r.m.Code) {
				continue
			}
			if t.height >= chain {
				t.exits, t.height = true, 0
			}
			c.Reset(r.m, r.m.Code[node])
			t.weight, t.small = r.small(&c, all)
		}
	})
	return all[:len(r.m.Code)]
}

// height returns how many functions may be on the stack above a node, itself
// counted if it is a function.
func (g *graph) height(all []traits, node int) int {
	height := 0
	for n := 0; ; n++ {
		callee, found := g.callee(node, n)
		switch {
		case !found && node < len(g.m.Code):
			return height + 1
		case !found:
			return height
		case callee >= 0 && !all[callee].exits:
			height = max(height, all[callee].height)
		}
	}
}

// small returns the weight of a function outside of its loops, which are
// charged in any case. It is not small if it is too heavy, has something whose
// price is a length, or may be a dispatch.
func (r *rewriter) small(c *wasm.Cursor, all []traits) (weight int, small bool) {
	loops := 0
	for last := wasm.OpNop; c.Next(); last = c.Op {
		if loops == 0 {
			weight += weigh(c.Op)
			if c.Op == wasm.OpCall {
				weight += r.callWeight(c.X, all)
			}
		}
		switch {
		case isBulk(c.Op), c.Op == wasm.OpCallIndirect, weight > smallWeight, last == wasm.OpLoop && c.Op == wasm.OpBlock:
			return 0, false
		case c.Op == wasm.OpLoop:
			loops++
		case c.Op == wasm.OpEnd && wasm.Opcode(c.X) == wasm.OpLoop:
			loops--
		}
	}
	return weight, true
}

// callWeight returns what a call of a function costs beside the instruction.
func (r *rewriter) callWeight(function uint32, all []traits) int {
	if function < r.yield {
		return ImportWeight
	}
	weight := CallWeight
	if t := &all[function-r.yield]; t.small {
		weight += t.weight
	}
	return weight
}
