// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

// code reads the bodies of the functions.
func (d *decoder) code(r *reader) {
	start := r.at
	n := r.count(d.limits.Functions, "functions")
	if n != d.declared {
		r.fail(Malformed, start, "code of %d functions, %d are declared", n, d.declared)
	}
	if r.err != nil {
		return
	}
	d.m.Code = make([]Code, 0, n)
	first := d.m.Imported(ExternalFunction)
	for i := range n {
		r.function = first + i
		d.m.Code = append(d.m.Code, d.body(r, d.m.FuncType(uint32(first+i))))
		if r.err != nil {
			return
		}
	}
	r.function = -1
}

func (d *decoder) body(r *reader, t FuncType) Code {
	size := r.uint32()
	b := r.part(size)
	c := Code{Start: b.at, End: b.at + int(size)}
	b.limit(int(size), d.limits.BodyBytes, "bytes of code")
	c.Locals = d.locals(&b, len(t.Params))
	c.Instructions = b.at
	if b.err == nil {
		d.instructions(&b, &c)
	}
	r.err = b.err
	return c
}

// locals reads the groups of locals.
func (d *decoder) locals(r *reader, params int) int {
	all := uint64(params)
	start := r.at
	for range r.count(d.limits.BodyBytes, "groups of locals") {
		all += uint64(r.uint32())
		r.valueType()
		if all > uint64(d.limits.Locals) {
			r.fail(OverLimit, start, "%d locals, at most %d are allowed", all, d.limits.Locals)
		}
		if r.err != nil {
			return 0
		}
	}
	return int(all)
}

// nesting counts the blocks of a function.
type nesting struct {
	blocks, deepest             int
	loops, openLoops, loopDepth int
	weighted                    int // each loop counted once for each loop that is open
}

func (n *nesting) count(c *Cursor) {
	switch c.Op {
	case OpLoop:
		n.loops++
		n.openLoops++
		n.loopDepth = max(n.loopDepth, n.openLoops)
		n.weighted += n.openLoops
		fallthrough
	case OpBlock, OpIf:
		n.blocks++
		n.deepest = max(n.deepest, c.Depth())
	case OpEnd:
		if Opcode(c.X) == OpLoop {
			n.openLoops--
		}
	}
}

func (n *nesting) limit(r *reader, locals int, limits *Limits) {
	r.limit(n.blocks, limits.Blocks, "blocks")
	r.limit(n.deepest, limits.BlockDepth, "blocks inside of each other")
	r.limit(n.loopDepth, limits.LoopDepth, "loops inside of each other")
	r.limit(locals*n.blocks, limits.LocalsTimesBlocks, "locals times blocks")
	r.limit(locals*n.weighted, limits.LocalsTimesLoops, "locals times nested loops")
}

func (d *decoder) instructions(r *reader, code *Code) {
	c := &d.cursor
	c.reset(*r)
	var n nesting
	for c.Next() {
		code.Count++
		switch c.shape {
		case shapePlain:
		case shapeBlock, shapeEnd:
			n.count(c)
			fallthrough
		default:
			d.check(c, code)
		}
	}
	if r.err = c.r.err; r.err != nil {
		return
	}
	n.limit(r, code.Locals, d.limits)
	code.Loops = n.loops
}

// check checks the indexes of an instruction.
func (d *decoder) check(c *Cursor, code *Code) {
	m := d.m
	switch c.shape {
	case shapeLocal:
		c.check(c.X, code.Locals, "local")
	case shapeGlobal:
		c.check(c.X, len(m.Globals), "global")
		if c.Op == OpGlobalSet && c.r.err == nil && !m.Globals[c.X].Mutable {
			c.r.fail(Malformed, c.At, "global %d is set and is not mutable", c.X)
		}
	case shapeFunction:
		c.check(c.X, len(m.Functions), "function")
		if c.Op == OpCall {
			code.Callees = append(code.Callees, c.X)
		}
	case shapeIndirect:
		c.check(c.X, len(m.Types), "type")
		c.check(c.Y, len(m.Tables), "table")
		code.CalleeTypes = append(code.CalleeTypes, c.X)
	case shapeBlock:
		if c.Y == BlockIndexed {
			c.check(c.X, len(m.Types), "type")
		}
	case shapeLabels:
		c.r.limit(int(c.Y), d.limits.Labels, "labels")
	case shapeTable:
		c.check(c.X, len(m.Tables), "table")
		m.Rearranges = m.Rearranges || c.Op != OpTableGet && c.Op != OpTableSize
	case shapeTables:
		c.check(c.X, len(m.Tables), "table")
		c.check(c.Y, len(m.Tables), "table")
		m.Rearranges = true
	case shapeElement:
		c.check(c.X, len(m.Elements), "element segment")
		m.Rearranges = true
	case shapeElementTable:
		c.check(c.X, len(m.Elements), "element segment")
		c.check(c.Y, len(m.Tables), "table")
		m.Rearranges = true
	case shapeData:
		c.check(c.X, d.dataCount, "counted data segment")
		m.Rearranges = true
	case shapeDataMemory:
		c.check(c.X, d.dataCount, "counted data segment")
		fallthrough
	case shapeAccess, shapeAccessLane, shapeMemory, shapeMemories:
		c.check(0, len(m.Memories), "memory")
	}
}

func (c *Cursor) check(index uint32, of int, what string) {
	if int64(index) >= int64(of) {
		c.r.fail(Malformed, c.At, "%s %d, there are %d", what, index, of)
	}
}
