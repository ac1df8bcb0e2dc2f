// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

// The readers of the sections before the code.

func (d *decoder) types(r *reader) {
	n := r.count(d.limits.Types, "types")
	d.m.Types = make([]FuncType, 0, n)
	for range n {
		if form := r.byte(); r.err == nil && form != 0x60 {
			r.fail(Malformed, r.at-1, "type of form 0x%02x, expected a function", form)
		}
		t := FuncType{
			Params:  r.valueTypes(d.limits.Params, "parameters"),
			Results: r.valueTypes(d.limits.Results, "results"),
		}
		if r.err != nil {
			return
		}
		d.m.Types = append(d.m.Types, t)
	}
}

func (r *reader) valueTypes(limit int, what string) []ValueType {
	n := r.count(limit, what)
	if n == 0 {
		return nil
	}
	types := make([]ValueType, n)
	for i := range types {
		types[i] = r.valueType()
	}
	return types
}

func (r *reader) valueType() ValueType {
	t := ValueType(r.byte())
	if r.err == nil && !t.known() {
		r.fail(Malformed, r.at-1, "unknown value type 0x%02x", byte(t))
	}
	return t
}

func (r *reader) referenceType() ValueType {
	t := ValueType(r.byte())
	if r.err == nil && !t.reference() {
		r.fail(Malformed, r.at-1, "type 0x%02x, expected funcref or externref", byte(t))
	}
	return t
}

func (d *decoder) imports(r *reader) {
	n := r.count(d.limits.Imports, "imports")
	d.m.Imports = make([]Import, 0, n)
	for range n {
		i := Import{Module: d.shortName(r), Name: d.shortName(r), Kind: External(r.byte())}
		switch i.Kind {
		case ExternalFunction:
			i.Index = d.addFunction(r)
		case ExternalTable:
			i.Index = d.addTable(r)
		case ExternalMemory:
			i.Index = d.addMemory(r)
		case ExternalGlobal:
			i.Index = uint32(len(d.m.Globals))
			d.m.Globals = append(d.m.Globals, r.globalType())
		default:
			r.external(i.Kind)
		}
		if r.err != nil {
			return
		}
		d.m.imported[i.Kind]++
		d.m.Imports = append(d.m.Imports, i)
	}
}

// external refuses an import or export of an unknown kind.
func (r *reader) external(kind External) {
	if kind == 4 {
		r.fail(Unsupported, r.at-1, "tag of exception handling")
	}
	r.fail(Malformed, r.at-1, "import or export of unknown kind 0x%02x", byte(kind))
}

// shortName reads a name that messages repeat.
func (d *decoder) shortName(r *reader) string {
	name := r.name()
	r.limit(len(name), d.limits.NameBytes, "bytes in a name")
	return name
}

func (d *decoder) addFunction(r *reader) uint32 {
	d.m.Functions = append(d.m.Functions, r.index(len(d.m.Types), "type"))
	r.limit(len(d.m.Functions), d.limits.Functions, "functions")
	return uint32(len(d.m.Functions) - 1)
}

func (d *decoder) functions(r *reader) {
	d.declared = r.count(d.limits.Functions, "functions")
	for range d.declared {
		if d.addFunction(r); r.err != nil {
			return
		}
	}
}

func (d *decoder) tables(r *reader) {
	for range r.count(d.limits.Tables, "tables") {
		if d.addTable(r); r.err != nil {
			return
		}
	}
}

func (d *decoder) addTable(r *reader) uint32 {
	t := Table{Type: r.referenceType()}
	t.Min, t.Max, t.HasMax = r.sizes("table")
	d.m.Tables = append(d.m.Tables, t)
	r.limit(len(d.m.Tables), d.limits.Tables, "tables")
	var entries uint64
	for _, t := range d.m.Tables {
		entries += uint64(t.Min)
	}
	r.limit(int(entries), d.limits.TableEntries, "entries of tables")
	return uint32(len(d.m.Tables) - 1)
}

func (d *decoder) memories(r *reader) {
	for range r.count(1000, "memories") {
		if d.addMemory(r); r.err != nil {
			return
		}
	}
}

// maxPages is how many pages 32 bits can address.
const maxPages = 1 << 16

func (d *decoder) addMemory(r *reader) uint32 {
	start := r.at
	var m Memory
	m.Min, m.Max, m.HasMax = r.sizes("memory")
	d.m.Memories = append(d.m.Memories, m)
	switch {
	case r.err != nil:
	case len(d.m.Memories) > 1:
		r.fail(Unsupported, start, "multiple memories")
	case m.Min > maxPages || m.Max > maxPages:
		r.fail(Malformed, start, "memory of %d to %d pages, at most %d can be addressed", m.Min, m.Max, maxPages)
	}
	r.limit(int(m.Min), d.limits.MemoryPages, "pages of memory")
	return uint32(len(d.m.Memories) - 1)
}

// sizes reads the least and the greatest size of a table or memory.
func (r *reader) sizes(what string) (least, most uint32, hasMost bool) {
	start := r.at
	switch flags := r.byte(); {
	case r.err != nil || flags <= 1:
		hasMost = flags == 1
	case flags < 4:
		r.fail(Unsupported, start, "shared %s", what)
	case flags < 8:
		r.fail(Unsupported, start, "%s of 64 bits", what)
	default:
		r.fail(Malformed, start, "%s with unknown flags 0x%02x", what, flags)
	}
	least = r.uint32()
	if hasMost {
		most = r.uint32()
	}
	if r.err == nil && hasMost && most < least {
		r.fail(Malformed, start, "%s of at least %d and at most %d", what, least, most)
	}
	return least, most, hasMost
}

func (r *reader) globalType() Global {
	g := Global{Type: r.valueType()}
	switch mutable := r.byte(); {
	case r.err != nil || mutable <= 1:
		g.Mutable = mutable == 1
	case mutable < 4:
		r.fail(Unsupported, r.at-1, "shared global")
	default:
		r.fail(Malformed, r.at-1, "global of mutability 0x%02x", mutable)
	}
	return g
}

func (d *decoder) globals(r *reader) {
	for range r.count(d.limits.Globals, "globals") {
		g := r.globalType()
		g.Init = d.constant(r)
		if r.err != nil {
			return
		}
		d.m.Globals = append(d.m.Globals, g)
		r.limit(len(d.m.Globals), d.limits.Globals, "globals")
	}
}

func (d *decoder) exports(r *reader) {
	n := r.count(d.limits.Exports, "exports")
	d.m.Exports = make([]Export, 0, n)
	seen := make(map[string]bool, n)
	for range n {
		start := r.at
		e := Export{Name: d.shortName(r), Kind: External(r.byte())}
		switch e.Kind {
		case ExternalFunction:
			e.Index = r.index(len(d.m.Functions), "function")
		case ExternalTable:
			e.Index = r.index(len(d.m.Tables), "table")
		case ExternalMemory:
			e.Index = r.index(len(d.m.Memories), "memory")
		case ExternalGlobal:
			e.Index = r.index(len(d.m.Globals), "global")
		default:
			r.external(e.Kind)
		}
		if seen[e.Name] {
			r.fail(Malformed, start, "%q is exported twice", e.Name)
		}
		if r.err != nil {
			return
		}
		seen[e.Name] = true
		d.m.Exports = append(d.m.Exports, e)
	}
}
