// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

// elements reads the element segments. A segment has one of eight forms.
func (d *decoder) elements(r *reader) {
	n := r.count(d.limits.Elements, "element segments")
	d.m.Elements = make([]Element, 0, n)
	for range n {
		e := d.element(r)
		if r.err != nil {
			return
		}
		d.m.Elements = append(d.m.Elements, e)
	}
}

func (d *decoder) element(r *reader) Element {
	start := r.at
	e := Element{Flags: r.uint32(), Type: FuncRef}
	if e.Flags > ElementPassive|ElementExplicit|ElementExpressions {
		r.fail(Malformed, start, "element segment of unknown form %d", e.Flags)
	}
	explicit := e.Flags&ElementExplicit != 0
	if e.Active() {
		if explicit {
			e.Table = r.uint32()
		}
		if r.err == nil && uint64(e.Table) >= uint64(len(d.m.Tables)) {
			r.fail(Malformed, start, "table %d, there are %d", e.Table, len(d.m.Tables))
		}
		e.Offset = d.constant(r)
	}
	if e.Flags&ElementExpressions != 0 {
		if explicit || !e.Active() {
			e.Type = r.referenceType()
		}
		d.elementValues(r, &e)
		return e
	}
	if explicit || !e.Active() {
		if kind := r.byte(); kind != 0 && r.err == nil {
			r.fail(Malformed, r.at-1, "element segment of kind 0x%02x, expected functions", kind)
		}
	}
	d.elementFunctions(r, &e)
	return e
}

// Active reports whether the segment is copied into its table when the module
// is instantiated.
func (e *Element) Active() bool { return e.Flags&ElementPassive == 0 }

// elementEntries reads how many entries a segment has.
func (d *decoder) elementEntries(r *reader) int {
	n := r.count(d.limits.ElementEntries, "entries of an element segment")
	d.entries += n
	r.limit(d.entries, d.limits.ElementEntries, "entries of element segments")
	return n
}

func (d *decoder) elementFunctions(r *reader, e *Element) {
	n := d.elementEntries(r)
	e.Functions = make([]uint32, 0, n)
	for range n {
		if e.Functions = append(e.Functions, r.index(len(d.m.Functions), "function")); r.err != nil {
			return
		}
	}
}

func (d *decoder) elementValues(r *reader, e *Element) {
	n := d.elementEntries(r)
	e.Values = make([]Constant, 0, n)
	for range n {
		if e.Values = append(e.Values, d.constant(r)); r.err != nil {
			return
		}
	}
}

// constant reads a constant expression.
func (d *decoder) constant(r *reader) Constant {
	c := Constant{Start: r.at}
	c.Op = Opcode(r.byte())
	switch c.Op {
	case OpI32Const:
		c.Number = uint32(r.signed(32))
	case OpI64Const:
		r.signed(64)
	case OpF32Const:
		r.bytes(4)
	case OpF64Const:
		r.bytes(8)
	case OpGlobalGet:
		c.Index = r.index(d.m.Imported(ExternalGlobal), "imported global")
		if r.err == nil && d.m.Globals[c.Index].Mutable {
			r.fail(Malformed, c.Start, "global %d in a constant expression is mutable", c.Index)
		}
	case OpRefFunc:
		c.Index = r.index(len(d.m.Functions), "function")
	case OpRefNull:
		r.referenceType()
	case simd:
		c.Op = c.Op<<16 + Opcode(min(r.uint32(), 0xffff))
		if c.Op != OpV128Const {
			r.fail(Malformed, c.Start, "instruction %s in a constant expression", c.Op)
		}
		r.bytes(16)
	default:
		r.fail(Malformed, c.Start, "instruction %s in a constant expression", c.Op)
	}
	if end := Opcode(r.byte()); end != OpEnd && r.err == nil {
		r.fail(Malformed, r.at-1, "constant expression of more than one instruction")
	}
	c.End = r.at
	return c
}
