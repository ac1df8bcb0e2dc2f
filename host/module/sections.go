// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

// The readers of the sections that the contract is checked by.

func (f *file) readTypes(r *reader) {
	n := r.count()
	f.types = make([]functionType, 0, n)
	for range n {
		if form := r.byte(); r.err == nil && form != 0x60 {
			r.malformed("type form 0x%02x, expected a function", form)
		}
		t := functionType{params: r.valueTypes(), results: r.valueTypes()}
		if r.err != nil {
			return
		}
		f.types = append(f.types, t)
	}
}

func (r *reader) valueTypes() []byte {
	types := r.bytes(r.uint32())
	for _, t := range types {
		if _, known := valueTypes[t]; !known {
			r.malformed("unknown value type 0x%02x", t)
			return nil
		}
	}
	return types
}

func (f *file) readImports(r *reader) {
	for range r.count() {
		s := symbol{module: r.name(), name: r.name(), kind: r.byte()}
		switch s.kind {
		case kindFunction:
			if t := f.addFunction(r); r.err == nil {
				s.signature = f.types[t].signature()
			}
		case kindTable:
			r.byte() // element type
			r.limits()
		case kindMemory:
			f.memories = append(f.memories, r.limits())
		case kindGlobal:
			r.bytes(2) // type, mutability
		case kindTag:
			r.byte() // attribute
			r.uint32()
		default:
			r.malformed("import of unknown kind %d", s.kind)
		}
		if r.err != nil {
			return
		}
		f.imports = append(f.imports, s)
	}
}

// addFunction reads the type index of the next function.
func (f *file) addFunction(r *reader) (t uint32) {
	t = r.uint32()
	if r.err == nil && uint64(t) >= uint64(len(f.types)) {
		r.malformed("function of type %d, there are %d types", t, len(f.types))
	}
	f.functions = append(f.functions, t)
	return t
}

func (f *file) readFunctions(r *reader) {
	f.declared = r.count()
	for range f.declared {
		if f.addFunction(r); r.err != nil {
			return
		}
	}
}

// readCode reads how many functions have code, and skips it.
func (f *file) readCode(r *reader) {
	f.bodies = r.count()
	r.rest = nil
}

func (f *file) readMemories(r *reader) {
	for range r.count() {
		f.memories = append(f.memories, r.limits())
	}
	if r.err == nil && len(f.memories) > 1 {
		r.malformed("%d memories, expected one", len(f.memories))
	}
}

// limits reads the size of a memory or table.
func (r *reader) limits() Memory {
	flags := r.byte()
	if r.err == nil && flags > 1 {
		r.malformed("limits 0x%02x, expected a memory or table that is neither shared nor of 64 bits", flags)
	}
	m := Memory{MinPages: r.uint32()}
	if flags == 1 {
		m.MaxPages = r.uint32()
	}
	return m
}

func (f *file) readStart(r *reader) { r.uint32() }

func (f *file) readExports(r *reader) {
	n := r.count()
	seen := make(map[string]bool, n)
	for range n {
		s := symbol{name: r.name(), kind: r.byte(), index: r.uint32()}
		switch {
		case r.err != nil:
			return
		case seen[s.name]:
			r.malformed("%q is exported twice", s.name)
		case int(s.kind) >= len(kindNames):
			r.malformed("export of unknown kind %d", s.kind)
		case s.kind == kindMemory && uint64(s.index) >= uint64(len(f.memories)):
			r.malformed("%q is memory %d of %d", s.name, s.index, len(f.memories))
		case s.kind == kindFunction && uint64(s.index) >= uint64(len(f.functions)):
			r.malformed("%q is function %d of %d", s.name, s.index, len(f.functions))
		case s.kind == kindFunction:
			s.signature = f.types[f.functions[s.index]].signature()
		}
		seen[s.name] = true
		f.exports = append(f.exports, s)
	}
}
