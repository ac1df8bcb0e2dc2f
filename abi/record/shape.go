// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package record defines how a projected object is laid out in bytes.
//
// A [Shape] says which fields of a resource are kept and of which kind each
// is. A record is a header (namespace, name, uid, resourceVersion) followed by
// the fields of the shape in one canonical order, without names or tags: both
// sides know the shape, so the bytes need not describe themselves. Two
// objects whose bodies are equal are equal in everything that the shape names,
// which makes "did anything change that this controller reads?" one comparison
// of bytes.
//
// The package imports the standard library only, uses no reflection and
// compiles with TinyGo. It does not know where objects come from.
package record

import (
	"hash/fnv"
	"strconv"
	"strings"
)

// Kind is the kind of one value. Numbers are part of the contract and
// append-only.
type Kind uint8

// The kinds, with the bytes of a value of each. A string of bytes is always
// its length as an unsigned varint and then the bytes.
const (
	Invalid     Kind = 0
	Bool        Kind = 1  // one byte, 0 or 1
	Int         Kind = 2  // zigzag varint
	Float       Kind = 3  // IEEE 754 binary64, little-endian
	String      Kind = 4  // length, UTF-8; also takes the text of a JSON number (a Quantity may be one)
	Bytes       Kind = 5  // length, bytes; base64 in JSON
	Time        Kind = 6  // 0 if absent; else varint of zigzag(seconds since 1970)+1, varint nanoseconds
	IntOrString Kind = 7  // byte 0: absent; 1: zigzag varint follows; 2: string follows
	Raw         Kind = 8  // length, the JSON text of the whole subtree as received; length 0: absent
	Struct      Kind = 9  // the fields in canonical order
	List        Kind = 10 // count as varint, the elements
	Map         Kind = 11 // count as varint, then key (as String) and value, ascending by key
)

var kindNames = [...]string{
	"invalid", "bool", "int", "float", "string", "bytes", "time", "intOrString", "raw", "struct", "list", "map",
}

// String returns the kind's name as it stands in printed shapes.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Shape describes one value. The shape of a resource is a Struct.
//
// Invariants of a canonical shape (see [Shape.Canonical]):
//  1. Fields is set for a Struct only, and sorted by name, then by signature;
//     no two fields have both in common.
//  2. Elem is set for a List and a Map, and only for those.
//  3. The element of a List takes at least one byte (it is not a struct of
//     nothing, unless optional), so that a count never exceeds the bytes.
type Shape struct {
	Kind Kind
	// Optional values have a byte before them, 0 if absent (and nothing
	// follows) and 1 if present. Absent and JSON null are the same. A value
	// that is not optional and absent is its kind's zero value.
	Optional bool
	Fields   []Field
	Elem     *Shape
}

// Field is a named member of a Struct; the name is the one in JSON.
type Field struct {
	Name string
	Shape
}

// Signature names the kinds of the value and of its elements, "list<struct>"
// for example. Values of one name and one signature can be merged.
func (s Shape) Signature() string {
	if s.Elem != nil {
		return s.Kind.String() + "<" + s.Elem.Signature() + ">"
	}
	return s.Kind.String()
}

// String renders the shape on one line, "{metadata{name string},spec{nodeName
// string?}}" for example, where ? marks optional values. A name that holds
// one of the signs used here is quoted as in Go. Equal canonical shapes render
// equally, and only those.
func (s Shape) String() string {
	var b strings.Builder
	s.render(&b)
	return b.String()
}

func (s Shape) render(b *strings.Builder) {
	switch s.Kind {
	case Struct:
		b.WriteByte('{')
		for i, f := range s.Fields {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(renderName(f.Name))
			if f.Kind != Struct {
				b.WriteByte(' ')
			}
			f.render(b)
		}
		b.WriteByte('}')
	case List, Map:
		b.WriteString(s.Kind.String())
		b.WriteByte('<')
		if s.Elem != nil {
			s.Elem.render(b)
		}
		b.WriteByte('>')
	default:
		b.WriteString(s.Kind.String())
	}
	if s.Optional {
		b.WriteByte('?')
	}
}

// signs are the characters that separate the parts of a rendered shape.
const signs = " {}<>,?"

// renderName quotes a name that could be mistaken for another part of the shape.
func renderName(name string) string {
	if plain(name) {
		return name
	}
	if quoted := strconv.Quote(name); name == "" || quoted[1:len(quoted)-1] != name || strings.ContainsAny(name, signs) {
		return quoted
	}
	return name
}

// plain reports whether a name has letters and digits only, as those of
// Kubernetes have.
func plain(name string) bool {
	for i := range len(name) {
		c := name[i] | 0x20 // the small letter
		if (c < 'a' || c > 'z') && (name[i] < '0' || name[i] > '9') {
			return false
		}
	}
	return name != ""
}

// Hash identifies the layout: the 64-bit FNV-1a hash of [Shape.String] of a
// canonical shape. Guest and host compare it at load, which shows that both
// put the fields into the same order. It is no cryptographic hash: to tell
// shapes of different plugins apart, compare [Shape.String].
func (s Shape) Hash() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.String()))
	return h.Sum64()
}

// ShapeError reports a shape that breaks an invariant; Path names where.
type ShapeError struct {
	Path  string // "spec.template", empty for the top
	Cause string
}

// Error names the field and what is wrong with it.
func (e *ShapeError) Error() string {
	if e.Path == "" {
		return "shape: " + e.Cause
	}
	return "shape: field " + e.Path + ": " + e.Cause
}

// Validate reports the first invariant that the shape breaks, nil if it is a
// canonical shape of a resource: a Struct that is not optional.
func (s *Shape) Validate() error {
	if s.Kind != Struct || s.Optional {
		return &ShapeError{Cause: "must be a struct that is not optional"}
	}
	return s.validate("", maxDepth)
}

func (s *Shape) validate(path string, depth int) error {
	switch {
	case depth == 0:
		return &ShapeError{Path: path, Cause: "nested too deeply"}
	case s.Kind == Invalid || s.Kind > Map:
		return &ShapeError{Path: path, Cause: "unknown kind"}
	case (s.Kind == List || s.Kind == Map) != (s.Elem != nil):
		return &ShapeError{Path: path, Cause: "exactly lists and maps have an element shape"}
	case s.Kind != Struct && len(s.Fields) > 0:
		return &ShapeError{Path: path, Cause: "only structs have fields"}
	}
	if s.Kind == List && empty(s.Elem) {
		return &ShapeError{Path: path, Cause: "the elements of a list must take bytes: name a field of them or make them optional"}
	}
	if s.Elem != nil {
		return s.Elem.validate(path+"[]", depth-1)
	}
	for i, f := range s.Fields {
		p := f.Name
		if path != "" {
			p = path + "." + f.Name
		}
		if f.Name == "" {
			return &ShapeError{Path: path, Cause: "has a field without name"}
		}
		if i > 0 && compareFields(s.Fields[i-1], f) >= 0 {
			return &ShapeError{Path: p, Cause: "not in canonical order"}
		}
		if err := s.Fields[i].validate(p, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// empty reports whether values of the shape take no bytes: structs of nothing.
func empty(s *Shape) bool {
	if s.Optional || s.Kind != Struct {
		return false
	}
	for i := range s.Fields {
		if !empty(&s.Fields[i].Shape) {
			return false
		}
	}
	return true
}
