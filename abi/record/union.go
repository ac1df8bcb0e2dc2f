// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"strings"
)

// Canonical returns the shape with all fields in canonical order and fields
// of one name and signature merged. It does not modify s.
func (s Shape) Canonical() Shape {
	return Union(Shape{Kind: s.Kind}, s)
}

// Union returns the canonical shape that has every field of a and of b, which
// must be of one signature. A value is optional in it if it is in either. Two
// fields of one name whose signatures differ both stay, so each reader finds
// its own. Union is commutative, associative and idempotent, and modifies
// neither a nor b.
func Union(a, b Shape) Shape {
	u := Shape{Kind: b.Kind, Optional: a.Optional || b.Optional}
	if a.Elem != nil || b.Elem != nil {
		e := unionElem(a.Elem, b.Elem)
		u.Elem = &e
	}
	fields := make([]Field, 0, len(a.Fields)+len(b.Fields))
	fields = append(append(fields, a.Fields...), b.Fields...)
	slices.SortStableFunc(fields, compareFields)
	for _, f := range fields {
		if last := len(u.Fields) - 1; last >= 0 && compareFields(u.Fields[last], f) == 0 {
			u.Fields[last].Shape = Union(u.Fields[last].Shape, f.Shape)
			continue
		}
		u.Fields = append(u.Fields, Field{Name: f.Name, Shape: f.Shape.Canonical()})
	}
	return u
}

func unionElem(a, b *Shape) Shape {
	switch {
	case a == nil:
		return b.Canonical()
	case b == nil:
		return a.Canonical()
	}
	return Union(*a, *b)
}

func compareFields(a, b Field) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return strings.Compare(a.Signature(), b.Signature())
}
