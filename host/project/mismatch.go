// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"bytes"
	"strconv"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// mismatch is where a document has a value of another type than its shape.
// The path is made when somebody asks for the error, by looking for the
// offset again, so that documents without mismatch do not pay for it.
type mismatch struct {
	found  bool
	offset int
	want   *record.Shape // nil: a resource version
}

// textShape is the shape of the parts of the header.
var textShape = record.Shape{Kind: record.String}

func (m *mismatch) note(offset int, want *record.Shape) {
	if !m.found {
		*m = mismatch{found: true, offset: offset, want: want}
	}
}

// err returns a [*record.MismatchError], or nil if nothing was noted.
func (m *mismatch) err(document []byte, root *jsonPlan) error {
	if !m.found {
		return nil
	}
	want := "a number in a string"
	if m.want != nil {
		want = m.want.Signature()
	}
	return &record.MismatchError{Path: pathAt(document, m.offset, root), Want: want, Got: jsonType(at(document, m.offset))}
}

func jsonType(first byte) string {
	switch first {
	case 't', 'f':
		return "bool"
	case '"':
		return "string"
	case '[':
		return "array"
	case '{':
		return "object"
	}
	return "number"
}

// pathAt returns the path of the value at the offset of a well-formed
// document, which the plan has been used on: "spec.containers[2].ports",
// "metadata.labels[\"app\"]".
func pathAt(document []byte, offset int, p *jsonPlan) string {
	path := ""
	s := &scanner{data: document, pos: skipSpace(document, 0)}
	for s.pos < offset {
		key, index, ok := s.towards(p, offset)
		if !ok {
			break
		}
		path, p = p.step(path, key, index), p.child(key, at(document, s.pos))
	}
	return path
}

// towards moves pos from an opening bracket to the member or element that has
// the offset in it, and returns its key, nil for an element, or its index.
func (s *scanner) towards(p *jsonPlan, offset int) (key []byte, index int, ok bool) {
	brace, closing := s.data[s.pos] == '{', s.data[s.pos]+2
	more := s.enter(closing)
	for ; more; index++ {
		if brace {
			text, _ := s.key(p)
			key = bytes.Clone(text) // the next key may overwrite it
		}
		end := skipValue(s.data, s.pos, &s.open)
		if offset < end {
			return key, index, true
		}
		s.pos = max(end, s.pos)
		more, _ = s.next(p, closing)
	}
	return nil, 0, false
}

// step extends the path by a member or, if there is no key, an element.
func (p *jsonPlan) step(path string, key []byte, index int) string {
	switch {
	case key == nil:
		return path + "[" + strconv.Itoa(index) + "]"
	case p.kind == record.Map:
		return path + "[" + strconv.Quote(string(key)) + "]"
	}
	return join(path, string(key))
}

// child returns the plan of a member or element that begins with the byte. If
// fields of several kinds read it, the path of a mismatch may go through any
// of them, and where the chosen one does not go on, names are all there is.
func (p *jsonPlan) child(key []byte, first byte) *jsonPlan {
	if p.elem != nil {
		return p.elem
	}
	m := p.keys.find(key)
	if m == nil {
		return &jsonPlan{}
	}
	for _, i := range m.outputs {
		f := p.fields[i]
		if first == '[' && f.kind == record.List || first == '{' && (f.kind == record.Struct || f.kind == record.Map) {
			return f
		}
	}
	if m.hidden != nil {
		return m.hidden
	}
	return &jsonPlan{}
}
