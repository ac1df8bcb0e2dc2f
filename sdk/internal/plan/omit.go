// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// omitted reports whether the tags of the member leave its value out.
func (m *member) omitted(base unsafe.Pointer) bool {
	if m.typ == nil {
		return false
	}
	return (m.omitEmpty && m.empty(base)) || (m.omitZero && m.zero(base))
}

// empty reports whether the value in the frame at base is what omitempty
// leaves out.
func (n *node) empty(base unsafe.Pointer) bool {
	if n.kind == record.Struct && n.target == nil {
		return false
	}
	if n.kind == record.List || n.kind == record.Bytes || n.special == Pairs {
		return n.target == nil && (*sliceHeader)(unsafe.Add(base, n.offset)).len == 0
	}
	if n.kind == record.Map && n.target == nil {
		return n.mapAt(*(*unsafe.Pointer)(unsafe.Add(base, n.offset))).Len() == 0
	}
	return n.zero(base)
}

// zero reports whether the value in the frame at base is Go's zero value, as
// far as JSON shows it.
func (n *node) zero(base unsafe.Pointer) bool {
	p := unsafe.Add(base, n.offset)
	switch n.special {
	case RawText:
		return *(*string)(p) == ""
	case Timestamp, MicroTime:
		return (*Moment)(p).IsZero()
	case NumberOrText:
		return (*IntOrString)(p).Kind == 0
	case Pairs:
		return (*sliceHeader)(p).data == nil
	}
	if n.typ == nil || n.typ.Kind() == reflect.Struct {
		for _, m := range n.members {
			if !m.zero(base) {
				return false
			}
		}
		return true
	}
	switch n.typ.Kind() {
	case reflect.Bool:
		return !*(*bool)(p)
	case reflect.String:
		return *(*string)(p) == ""
	case reflect.Slice, reflect.Map, reflect.Pointer:
		return *(*unsafe.Pointer)(p) == nil
	case reflect.Interface:
		return *(*any)(p) == nil
	case reflect.Float32:
		return *(*float32)(p) == 0
	case reflect.Float64:
		return *(*float64)(p) == 0
	}
	v, _ := loadInt(n.typ.Kind(), p)
	return v == 0
}

// mapAt returns the map that the pointer is.
func (n *node) mapAt(m unsafe.Pointer) reflect.Value {
	place := reflect.New(n.typ)
	*(*unsafe.Pointer)(place.UnsafePointer()) = m
	return place.Elem()
}
