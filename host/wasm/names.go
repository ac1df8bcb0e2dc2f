// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

// Name is the name of a function in the name section.
type Name struct {
	Function uint32
	Name     string
}

// The parts of the name section.
const (
	NameSection   = "name" // the custom section that has them
	NameFunctions = 1      // its part with the names of functions
)

// FunctionNames returns the names of functions in ascending order of their
// indexes. Names are for people: a section that is malformed has none, and is
// no error.
func (m *Module) FunctionNames() []Name {
	for _, s := range m.Sections {
		if s.ID == SectionCustom && s.Name == NameSection {
			return m.functionNames(&reader{file: m.File[:s.End], at: s.Start})
		}
	}
	return nil
}

func (m *Module) functionNames(r *reader) []Name {
	for r.left() > 0 {
		part, size := r.byte(), r.uint32()
		body := r.part(size)
		if part != NameFunctions || body.err != nil {
			continue
		}
		n := body.count(len(m.Functions), "names")
		names := make([]Name, 0, n)
		for range n {
			name := Name{Function: body.index(len(m.Functions), "function"), Name: body.name()}
			if last := len(names) - 1; last >= 0 && name.Function <= names[last].Function {
				return nil
			}
			names = append(names, name)
		}
		if body.end(); body.err != nil {
			return nil
		}
		return names
	}
	return nil
}
