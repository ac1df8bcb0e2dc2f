// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

// body rewrites functions, one after the other. The fields below begin anew
// with each.
type body struct {
	r      *rewriter
	cursor wasm.Cursor

	out      []byte         // the function so far
	copied   int            // up to where the file is in it
	before   [2]instruction // the two before the current one
	total    int            // weight of the text so far
	text     text
	dispatch dispatch
	exit     exit
	labels   []uint32 // of the current instruction
}

// instruction is what is remembered of one.
type instruction struct {
	op wasm.Opcode
	x  uint32
}

// code returns the bodies of all functions, each behind its size.
func (r *rewriter) code() []byte {
	out := make([]byte, 0, len(r.m.File)+len(r.m.File)/8)
	b := body{r: r}
	for i := range r.m.Code {
		b.rewrite(r.yield + uint32(i))
		out = uleb(out, len(b.out))
		out = append(out, b.out...)
	}
	for _, h := range r.helpers {
		out = uleb(out, len(h.body))
		out = append(out, h.body...)
	}
	return out
}

func (b *body) rewrite(function uint32) {
	code, t := b.r.m.Code[function-b.r.yield], &b.r.traits[function-b.r.yield]
	if code.Loops == 1 && !t.small && b.attempt(function, stageLoop) {
		return
	}
	b.attempt(function, stageUnwanted)
}

// attempt rewrites a function. It returns false if it is to be rewritten as a
// dispatch and has not that shape.
func (b *body) attempt(function uint32, shape stage) bool {
	code, t := b.r.m.Code[function-b.r.yield], &b.r.traits[function-b.r.yield]
	b.begin(code)
	b.dispatch.state = shape
	if !t.small {
		b.charge()
	}
	b.openExit(function, t.exits)
	for c := &b.cursor; c.Next(); {
		if ordinary(c.Op) && !b.dispatch.begins() {
			b.weigh(1)
		} else if b.instruction(c); b.dispatch.state == stageBroken {
			return false
		}
		b.before[0], b.before[1] = b.before[1], instruction{c.Op, c.X}
		b.split()
	}
	b.copy(b.cursor.End())
	b.closeSegment()
	first := b.text.first
	if shape == stageLoop {
		first = b.text.heaviest
	}
	first -= b.closeExit(first)
	if !t.small {
		setPrice(b.out[b.text.entry:], first)
	}
	return true
}

func (b *body) begin(code wasm.Code) {
	b.cursor.Reset(b.r.m, code)
	b.out = append(b.out[:0], b.r.m.File[code.Start:code.Instructions]...)
	b.copied = code.Instructions
	b.before = [2]instruction{}
	b.total = 0
	b.text.begin()
}

// ordinary reports whether an instruction only computes. Nearly all do.
func ordinary(op wasm.Opcode) bool {
	return op > wasm.OpCallIndirect && op != wasm.OpMemoryGrow && op < wasm.OpRefFunc
}

// instruction weighs an instruction and copies it, changed where it must be.
func (b *body) instruction(c *wasm.Cursor) {
	b.weigh(weigh(c.Op))
	if b.dispatch.recognizes(b, c) {
		return
	}
	switch c.Op {
	case wasm.OpBlock, wasm.OpIf:
		b.open(b.region().segments)
	case wasm.OpLoop:
		b.openLoop()
	case wasm.OpElse:
		b.elseArm()
	case wasm.OpEnd:
		b.end(wasm.Opcode(c.X))
	case wasm.OpBr, wasm.OpBrIf, wasm.OpBrTable:
		b.branches(c)
	case wasm.OpReturn:
		b.leave(c)
	case wasm.OpCall:
		b.call(c)
	case wasm.OpCallIndirect:
		b.weigh(CallWeight + smallWeight)
		b.suspends()
	case wasm.OpRefFunc:
		b.replace(c, c.Op, b.r.function(c.X))
	default:
		b.bulk(c)
	}
}

func (b *body) weigh(weight int) {
	b.region().weight += weight
	b.total += weight
}

func (b *body) branches(c *wasm.Cursor) {
	b.labels = append(b.labels[:0], c.X)
	if c.Op == wasm.OpBrTable {
		b.labels = c.Labels(b.labels[:0])
	}
	for _, label := range b.labels {
		if b.dispatch.leads(b, label) {
			b.dispatch.jump(b, c)
			return
		}
		b.branch(label)
	}
}

func (b *body) call(c *wasm.Cursor) {
	b.weigh(b.r.callWeight(c.X, b.r.traits))
	if c.X >= b.r.yield {
		b.suspends()
	}
	b.replace(c, c.Op, b.r.function(c.X))
}

// copy copies the file up to an offset.
func (b *body) copy(end int) {
	b.out = append(b.out, b.r.m.File[b.copied:end]...)
	b.copied = end
}

// replace writes another instruction instead of the current one.
func (b *body) replace(c *wasm.Cursor, op wasm.Opcode, index uint32) {
	b.copy(c.At)
	b.out = append(b.out, byte(op))
	b.out = uleb(b.out, int(index))
	b.copied = c.End()
}
