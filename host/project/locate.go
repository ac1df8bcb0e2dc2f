// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// locator finds one value in bodies of a shape: it steps over the fields
// before it, struct by struct.
type locator struct {
	steps []step
	shape *record.Shape // of the value
}

// step leads from a struct to one of its fields.
type step struct {
	before   []record.Field
	optional bool
}

// newLocator returns a locator for the path, names with dots between them,
// that leads to a value that accept takes. What remains of the path when a map
// is reached is the key, which accept gets. A name may have dots in it, because
// a struct may name the keys of a map.
func newLocator(shape *record.Shape, path string, accept func(s *record.Shape, key string) bool) (*locator, error) {
	l := &locator{}
	if !l.find(shape, path, accept) {
		return nil, fmt.Errorf("field %s is not in the shape %s, or not of the kind needed", path, shape)
	}
	return l, nil
}

func (l *locator) find(s *record.Shape, path string, accept func(s *record.Shape, key string) bool) bool {
	if (path == "" || s.Kind == record.Map) && accept(s, path) {
		l.shape = s
		return true
	}
	if path == "" || s.Kind != record.Struct {
		return false
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		rest, ok := strings.CutPrefix(path+".", f.Name+".")
		if !ok {
			continue
		}
		rest = strings.TrimSuffix(rest, ".")
		l.steps = append(l.steps, step{before: s.Fields[:i], optional: f.Optional})
		if l.find(&f.Shape, rest, accept) {
			return true
		}
		l.steps = l.steps[:len(l.steps)-1]
	}
	return false
}

// FieldAt returns the shape of the field at the path, such as "spec.selector";
// behind a map the rest of the path is a key. It is optional if the field is or
// a struct around it. If the shape has several fields of the name, as a union
// may, it is one of them; false if it has none.
//
// [NewPath] and [NewSelector] take what FieldAt returns of a projection, to read
// bodies of a wider shape as the projection has them: whatever else there is in
// the wider shape makes no difference.
func FieldAt(shape *record.Shape, path string) (record.Shape, bool) {
	var at record.Shape
	l, err := newLocator(shape, path, func(s *record.Shape, key string) bool {
		at = *s
		if key != "" {
			at = *s.Elem
		}
		return true
	})
	if err != nil {
		return record.Shape{}, false
	}
	for _, s := range l.steps {
		at.Optional = at.Optional || s.optional
	}
	return at, true
}

// locate returns the index of the value behind its presence byte, or -1 if it
// or a struct around it is absent, or the body is not of the shape.
func (l *locator) locate(body []byte) int {
	i := 0
	for _, s := range l.steps {
		for f := range s.before {
			if i = skipRecord(body, i, &s.before[f].Shape); i < 0 {
				return -1
			}
		}
		if s.optional {
			if i >= len(body) || body[i] == 0 {
				return -1
			}
			i++
		}
	}
	return i
}
