// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Paths of the fields that Kubernetes itself gives a meaning.
const (
	pathLabels = "metadata.labels"
	pathOwners = "metadata.ownerReferences"
)

// The shapes in which the store itself reads fields.
var (
	stringShape = record.Shape{Kind: record.String}
	labelsShape = record.Shape{Kind: record.Map, Elem: &stringShape}
	ownersShape = record.Shape{Kind: record.List, Elem: &record.Shape{Kind: record.Struct, Fields: []record.Field{
		{Name: "apiVersion", Shape: record.Shape{Kind: record.String}},
		{Name: "controller", Shape: record.Shape{Kind: record.Bool}},
		{Name: "kind", Shape: record.Shape{Kind: record.String}},
		{Name: "name", Shape: record.Shape{Kind: record.String}},
		{Name: "uid", Shape: record.Shape{Kind: record.String}},
	}}}
)

// seek finds the value at a path in a body. It returns the bytes from the
// start of the value on and its shape; false if the shape has no such field of
// the kinds of want, or if the value or something around it is absent. The rest
// of a path that arrives at a map is a key of that map.
//
// The kinds count because a union may have a field several times, in the form
// that each plugin expects: one that expects nonsense must not spoil it for others.
func seek(body []byte, s *record.Shape, path string, want *record.Shape) ([]byte, *record.Shape, bool) {
	for {
		if s.Optional {
			if len(body) == 0 || body[0] == 0 {
				return nil, nil, false
			}
			body = body[1:]
		}
		switch {
		case path == "":
			return body, s, true
		case s.Kind == record.Map:
			value, ok := lookup(body, s, path)
			return value, s.Elem, ok
		case s.Kind != record.Struct:
			return nil, nil, false
		}
		var name string
		name, path, _ = strings.Cut(path, ".")
		var ok bool
		if s, body, ok = member(body, s, name, want, path == ""); !ok {
			return nil, nil, false
		}
	}
}

// member finds a field of a struct: the value itself, or on the way to it.
func member(body []byte, s *record.Shape, name string, want *record.Shape, last bool) (*record.Shape, []byte, bool) {
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.Name > name {
			break
		}
		if f.Name == name && (last && alike(&f.Shape, want) || !last && leads(&f.Shape, want)) {
			return &f.Shape, body, true
		}
		var err error
		if body, err = record.Skip(body, &f.Shape); err != nil {
			break
		}
	}
	return nil, nil, false
}

// alike reports whether two shapes have one signature.
func alike(a, b *record.Shape) bool {
	if a.Kind != b.Kind || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	return a.Elem == nil || alike(a.Elem, b.Elem)
}

// leads reports whether values of shape s can have a wanted one inside.
func leads(s, want *record.Shape) bool {
	return s.Kind == record.Struct || s.Kind == record.Map && alike(s.Elem, want)
}

// lookup finds the value of a key in a map's bytes.
func lookup(b []byte, s *record.Shape, key string) ([]byte, bool) {
	n, b, err := record.CutCount(b)
	for ; n > 0 && err == nil; n-- {
		var k []byte
		if k, b, err = record.CutBytes(b); err != nil {
			break
		}
		if string(k) == key {
			return b, true
		}
		b, err = record.Skip(b, s.Elem)
	}
	return nil, false
}

// textAt returns the scalar at a path as text, and "" if it is absent.
func textAt(body []byte, s *record.Shape, path string, want *record.Shape) []byte {
	value, at, ok := seek(body, s, path, want)
	if !ok {
		return nil
	}
	return text(value, at.Kind)
}

func text(b []byte, k record.Kind) []byte {
	switch k {
	case record.String, record.Bytes, record.Raw:
		v, _, _ := record.CutBytes(b)
		return v
	case record.Int:
		v, _, _ := record.CutInt(b)
		return strconv.AppendInt(nil, v, 10)
	case record.Bool:
		v, _, _ := record.CutBool(b)
		return strconv.AppendBool(nil, v)
	case record.IntOrString:
		if len(b) > 0 && b[0] > 0 {
			return text(b[1:], [...]record.Kind{1: record.Int, 2: record.String}[b[0]])
		}
	}
	return nil
}

// shapeAt returns the shape of the field at a path, nil if s has none there.
func shapeAt(s *record.Shape, path string) *record.Shape {
	for path != "" {
		if s.Kind == record.Map {
			return s.Elem
		}
		var name string
		name, path, _ = strings.Cut(path, ".")
		i := 0
		for i < len(s.Fields) && s.Fields[i].Name != name {
			i++
		}
		if i == len(s.Fields) {
			return nil
		}
		s = &s.Fields[i].Shape
	}
	return s
}

// shapeWith returns the shape of a resource that has only the field at path.
func shapeWith(path string, field record.Shape) record.Shape {
	names := strings.Split(path, ".")
	for i := len(names) - 1; i >= 0; i-- {
		field = record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: names[i], Shape: field}}}
	}
	return field
}
