// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import (
	"strconv"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

func appendShape(b []byte, number int, s *record.Shape) []byte {
	if s == nil {
		return b
	}
	return appendMessage(b, number, &wireShape{Shape: *s})
}

func (f *field) shape(name string, to **record.Shape) error {
	w := wireShape{}
	if err := f.embedded(name, &w); err != nil {
		return err
	}
	*to = &w.Shape
	return nil
}

// wireShape is the message Shape, which with a name is also the field of a struct.
type wireShape struct {
	record.Shape
	name  string
	depth int
}

// Append appends the wire form to b.
func (m *wireShape) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Kind))
	b = appendBool(b, 2, m.Optional)
	for _, f := range m.Fields {
		b = appendMessage(b, 3, &wireShape{Shape: f.Shape, name: f.Name})
	}
	if m.Elem != nil {
		b = appendMessage(b, 4, &wireShape{Shape: *m.Elem})
	}
	return appendString(b, 5, m.name)
}

// Decode sets m to the message in b.
func (m *wireShape) Decode(b []byte) error {
	return eachField("Shape", b, func(f *field) error {
		switch f.number {
		case 1:
			var kind uint32
			err := f.uint32("kind", &kind)
			if err == nil && (kind == 0 || kind > uint32(record.Map)) {
				return f.malformed("kind", unknownKind(kind))
			}
			m.Kind = record.Kind(kind)
			return err
		case 2:
			return f.bool("optional", &m.Optional)
		case 3:
			return m.child(f, "fields", func(c *wireShape) {
				m.Fields = append(m.Fields, record.Field{Name: c.name, Shape: c.Shape})
			})
		case 4:
			return m.child(f, "elem", func(c *wireShape) { m.Elem = &c.Shape })
		case 5:
			return f.text("name", &m.name)
		}
		return nil
	})
}

func (m *wireShape) child(f *field, name string, add func(c *wireShape)) error {
	c := wireShape{depth: m.depth + 1}
	if c.depth == maxDepth {
		return f.malformed(name, errDepth)
	}
	if err := f.embedded(name, &c); err != nil {
		return err
	}
	add(&c)
	return nil
}

type unknownKind uint32

func (k unknownKind) Error() string { return "unknown kind " + strconv.Itoa(int(k)) }
