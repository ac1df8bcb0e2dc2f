// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

import "math"

// Cursor walks over the instructions of a function. It checks what can be
// seen without the module: opcodes, nesting, labels and alignments.
type Cursor struct {
	// Op is the instruction, At its offset in the file.
	Op Opcode
	At int
	// X and Y are what follows the opcode. X is an index, a label or the bits
	// of an i32.const. Of a br_table X is the greatest label and Y the number
	// of labels without the default. Of instructions with two indexes Y is
	// the second, as they stand in the binary. Of a block Y is the byte of
	// its type, or BlockIndexed with X as the index. Of an end X is the opcode
	// of what it ends, OpElse for an if with both arms, 0 for the body.
	X, Y uint32

	r     reader
	shape shape  // of the instruction
	open  []byte // opcodes of the blocks around it
	done  bool
}

// Block types that are no value type, in [Cursor.Y].
const (
	BlockEmpty   = 0x40 // no parameters, no results
	BlockIndexed = 0x00 // the type is Cursor.X
)

// Reset puts the cursor before the first instruction of a body of the module.
// It keeps what it has allocated.
func (c *Cursor) Reset(m *Module, body Code) {
	c.reset(reader{file: m.File[:body.End], at: body.Instructions, function: -1})
}

func (c *Cursor) reset(r reader) {
	c.r, c.open, c.done = r, c.open[:0], false
}

// Next reads an instruction. It returns false behind the final end.
func (c *Cursor) Next() bool {
	r := &c.r
	if c.done || r.err != nil {
		return false
	}
	c.At = r.at
	if r.at >= len(r.file) {
		r.byte() // fails
		return false
	}
	b := r.file[r.at]
	r.at++
	c.Op = Opcode(b)
	f := plainForms[b]
	c.shape = f.shape
	switch f.shape { // most instructions are of these
	case shapePlain:
		return true
	case shapeLocal:
		c.X = r.uint32()
	default:
		c.read(f)
	}
	return r.err == nil
}

// End returns the offset behind the instruction.
func (c *Cursor) End() int { return c.r.at }

// Depth returns how many blocks are open behind the instruction, the body
// itself not counted.
func (c *Cursor) Depth() int { return len(c.open) }

// Labels appends the labels of a br_table, the default last.
func (c *Cursor) Labels(to []uint32) []uint32 {
	r := reader{file: c.r.file[:c.r.at], at: c.At + 1}
	for range r.uint32() + 1 {
		to = append(to, r.uint32())
	}
	return to
}

// second reads the second part of an opcode.
func (c *Cursor) second(prefix byte) form {
	n := c.r.uint32()
	c.Op = Opcode(prefix)<<16 + Opcode(min(n, 0xffff))
	switch {
	case prefix == misc && n < uint32(len(miscForms)):
		return miscForms[n]
	case prefix == simd && n < uint32(len(simdForms)):
		return simdForms[n]
	}
	return form{}
}

// read reads what follows an opcode.
func (c *Cursor) read(f form) {
	r := &c.r
	switch f.shape {
	case shapePrefix:
		f = c.second(byte(c.Op))
		c.shape = f.shape
		c.read(f)
	case shapePlain:
	case shapeGlobal, shapeFunction, shapeTable, shapeElement, shapeData:
		c.X = r.uint32()
	case shapeI32:
		c.X = uint32(r.signed(32))
	case shapeI64:
		r.signed(64)
	case shapeAccess:
		c.access(f.bound)
	case shapeEnd:
		c.end()
	case shapeBlock:
		c.blockType()
		c.open = append(c.open, byte(c.Op))
	case shapeLabel:
		c.X = c.label()
	case shapeLabels:
		c.labels()
	case shapeIndirect, shapeTables, shapeElementTable:
		c.X, c.Y = r.uint32(), r.uint32()
	case shapeTypes:
		if n := r.uint32(); n != 1 && r.err == nil {
			r.fail(Malformed, c.At, "select of %d types, expected one", n)
		}
		r.valueType()
	case shapeMemory:
		c.memory()
	case shapeMemories:
		c.memory()
		c.memory()
	case shapeDataMemory:
		c.X = r.uint32()
		c.memory()
	case shapeAccessLane:
		c.access(f.bound)
		c.lane(f.lanes)
	case shapeLane:
		c.lane(f.bound)
	case shapeShuffle:
		for range 16 {
			c.lane(f.bound)
		}
	case shapeReference:
		r.referenceType()
	case shape4:
		r.bytes(4)
	case shape8:
		r.bytes(8)
	case shape16:
		r.bytes(16)
	default:
		c.unknown()
	}
}

func (c *Cursor) unknown() {
	if p := proposal(c.Op); p != "" {
		c.r.fail(Unsupported, c.At, "instruction %s of %s", c.Op, p)
	}
	c.r.fail(Malformed, c.At, "unknown instruction %s", c.Op)
}

// end closes a block, or an arm of an if.
func (c *Cursor) end() {
	top := len(c.open) - 1
	switch {
	case c.Op == OpElse && (top < 0 || Opcode(c.open[top]) != OpIf):
		c.r.fail(Malformed, c.At, "else without if")
	case c.Op == OpElse:
		c.open[top] = byte(OpElse)
	case top >= 0:
		c.X = uint32(c.open[top])
		c.open = c.open[:top]
	default:
		c.X, c.done = 0, true
		if c.r.left() > 0 {
			c.r.malformed("%d bytes behind the final end", c.r.left())
		}
	}
}

func (c *Cursor) blockType() {
	r := &c.r
	if r.left() > 0 {
		b := r.file[r.at]
		if b == BlockEmpty || ValueType(b).known() {
			r.at++
			c.X, c.Y = 0, uint32(b)
			return
		}
	}
	i := r.signed(33)
	if i < 0 {
		r.fail(Malformed, c.At, "block of unknown type %d", i)
	}
	c.X, c.Y = uint32(i), BlockIndexed
}

// label reads a label. One more than the open blocks stands for the body.
func (c *Cursor) label() uint32 {
	l := c.r.uint32()
	if uint64(l) > uint64(len(c.open)) {
		c.r.fail(Malformed, c.At, "label %d in %d blocks", l, len(c.open))
	}
	return l
}

func (c *Cursor) labels() {
	n := c.r.count(math.MaxInt32, "labels")
	c.X, c.Y = 0, uint32(n)
	for range n + 1 {
		c.X = max(c.X, c.label())
	}
}

// access reads the alignment and the offset of a memory access.
func (c *Cursor) access(natural byte) {
	align := c.r.uint32()
	c.r.uint32()
	switch {
	case align <= uint32(natural):
	case align >= 64 && align < 128:
		c.r.fail(Unsupported, c.At, "access to a memory by number (multiple memories)")
	default:
		c.r.fail(Malformed, c.At, "alignment of 2^%d for an access of 2^%d bytes", align, natural)
	}
}

// memory reads the index of a memory.
func (c *Cursor) memory() {
	if b := c.r.byte(); b != 0 {
		c.r.fail(Unsupported, c.At, "access to memory %d (multiple memories)", b)
	}
}

func (c *Cursor) lane(lanes byte) {
	if l := c.r.byte(); l >= lanes {
		c.r.fail(Malformed, c.At, "lane %d of %d", l, lanes)
	}
}
