// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// The writers of the sections. Each appends to out.

// section appends a section of n entries, or nothing if there are none.
func section(out []byte, id byte, n int, entries []byte) []byte {
	if n == 0 {
		return out
	}
	count := uleb(nil, n)
	out = append(out, id)
	out = uleb(out, len(count)+len(entries))
	out = append(out, count...)
	return append(out, entries...)
}

// content returns a section of the module as it is; nil if it has none.
func (r *rewriter) content(id byte) []byte {
	for _, s := range r.m.Sections {
		if s.ID == id {
			return r.m.File[s.Start:s.End]
		}
	}
	return nil
}

// entries returns the entries of a section of the module as they are.
func (r *rewriter) entries(id byte) []byte {
	b := r.content(id)
	for i, c := range b { // the count
		if c < 0x80 {
			return b[i+1:]
		}
	}
	return nil
}

func (r *rewriter) verbatim(out []byte, id byte) []byte {
	b := r.content(id)
	if b == nil {
		return out
	}
	out = append(out, id)
	out = uleb(out, len(b))
	return append(out, b...)
}

func (r *rewriter) types(out []byte) []byte {
	entries := slices.Clone(r.entries(wasm.SectionType))
	for _, t := range r.added {
		entries = append(entries, 0x60)
		entries = valueTypes(entries, t.Params)
		entries = valueTypes(entries, t.Results)
	}
	return section(out, wasm.SectionType, len(r.m.Types)+len(r.added), entries)
}

func valueTypes(out []byte, types []wasm.ValueType) []byte {
	out = uleb(out, len(types))
	for _, t := range types {
		out = append(out, byte(t))
	}
	return out
}

func (r *rewriter) imports(out []byte) []byte {
	entries := slices.Clone(r.entries(wasm.SectionImport))
	entries = name(entries, ImportModule)
	entries = name(entries, ImportYield)
	entries = append(entries, byte(wasm.ExternalFunction))
	entries = uleb(entries, len(r.m.Types)) // the first that was added
	return section(out, wasm.SectionImport, len(r.m.Imports)+1, entries)
}

func (r *rewriter) functions(out []byte) []byte {
	entries := slices.Clone(r.entries(wasm.SectionFunction))
	for _, h := range r.helpers {
		entries = uleb(entries, int(h.typeIndex))
	}
	return section(out, wasm.SectionFunction, len(r.m.Code)+len(r.helpers), entries)
}

func (r *rewriter) globals(out []byte) []byte {
	own := r.m.Globals[r.m.Imported(wasm.ExternalGlobal):]
	var entries []byte
	for _, g := range own {
		entries = append(entries, byte(g.Type), mutability(g.Mutable))
		entries = r.constant(entries, g.Init)
	}
	entries = append(entries, byte(wasm.I64), mutability(true), byte(wasm.OpI64Const), 0, byte(wasm.OpEnd))
	return section(out, wasm.SectionGlobal, len(own)+1, entries)
}

func mutability(mutable bool) byte {
	if mutable {
		return 1
	}
	return 0
}

func (r *rewriter) exports(out []byte) []byte {
	var entries []byte
	for _, e := range r.m.Exports {
		index := e.Index
		if e.Kind == wasm.ExternalFunction {
			index = r.function(index)
		}
		entries = name(entries, e.Name)
		entries = append(entries, byte(e.Kind))
		entries = uleb(entries, int(index))
	}
	state := stateGlobals(r.m)
	for i, g := range state {
		entries = global(entries, StateGlobal(i), g)
	}
	entries = global(entries, FuelGlobal, r.fuel)
	return section(out, wasm.SectionExport, len(r.m.Exports)+len(state)+1, entries)
}

// global appends the export of a global.
func global(out []byte, as string, index uint32) []byte {
	out = append(name(out, as), byte(wasm.ExternalGlobal))
	return uleb(out, int(index))
}

func (r *rewriter) start(out []byte) []byte {
	if r.m.Start < 0 {
		return out
	}
	index := uleb(nil, int(r.function(uint32(r.m.Start))))
	out = append(out, wasm.SectionStart)
	out = uleb(out, len(index))
	return append(out, index...)
}

func (r *rewriter) elements(out []byte) []byte {
	var entries []byte
	for i := range r.m.Elements {
		entries = r.element(entries, &r.m.Elements[i])
	}
	return section(out, wasm.SectionElement, len(r.m.Elements), entries)
}

func (r *rewriter) element(out []byte, e *wasm.Element) []byte {
	explicit := e.Flags&wasm.ElementExplicit != 0
	out = uleb(out, int(e.Flags))
	if e.Active() {
		if explicit {
			out = uleb(out, int(e.Table))
		}
		out = r.constant(out, e.Offset)
	}
	expressions := e.Flags&wasm.ElementExpressions != 0
	switch typed := explicit || !e.Active(); {
	case typed && expressions:
		out = append(out, byte(e.Type))
	case typed:
		out = append(out, 0) // the kind: functions
	}
	if expressions {
		out = uleb(out, len(e.Values))
		for _, v := range e.Values {
			out = r.constant(out, v)
		}
		return out
	}
	out = uleb(out, len(e.Functions))
	for _, f := range e.Functions {
		out = uleb(out, int(r.function(f)))
	}
	return out
}

// constant appends a constant expression. Globals keep their indexes.
func (r *rewriter) constant(out []byte, c wasm.Constant) []byte {
	if c.Op != wasm.OpRefFunc {
		return append(out, r.m.File[c.Start:c.End]...)
	}
	out = append(out, byte(c.Op))
	out = uleb(out, int(r.function(c.Index)))
	return append(out, byte(wasm.OpEnd))
}

func name(out []byte, s string) []byte {
	out = uleb(out, len(s))
	return append(out, s...)
}

// uleb appends an unsigned LEB128 number.
func uleb(out []byte, n int) []byte {
	u := uint64(n)
	for u >= 0x80 {
		out = append(out, byte(u)|0x80)
		u >>= 7
	}
	return append(out, byte(u))
}
