// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"unsafe"
)

// sliceHeader is how Go and TinyGo lay out any slice.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

// slice reads the count of a list and makes the slice at p as long; one without
// elements is nil.
func (r *reader) slice(s *step, p unsafe.Pointer) *sliceHeader {
	n, slice := short(r.s, r.i), (*sliceHeader)(p) // an element takes a byte at least
	if n >= 0 {
		r.i++
	} else {
		n = r.count()
	}
	switch {
	case n == 0:
		*slice = sliceHeader{}
	case r.again && n <= slice.cap:
		slice.len = n
	case r.slabs != nil && n < r.slabs.free[s.slab].left:
		free := &r.slabs.free[s.slab] // never its last element, behind which a pointer would keep something else alive
		*slice = sliceHeader{data: free.data, len: n, cap: n}
		free.data, free.left = unsafe.Add(free.data, uintptr(n)*s.size), free.left-n
	default:
		*slice = sliceHeader{data: r.slabs.take(s, n), len: n, cap: n}
	}
	return slice
}

func (r *reader) pointer(s *step, to *unsafe.Pointer) {
	if !r.flag() {
		*to = nil
		return
	}
	if *to == nil || !r.again {
		*to = reflect.New(s.typ).UnsafePointer()
	}
	r.run(s.inner, *to, 1, 0)
}

func (r *reader) mapping(s *step, p unsafe.Pointer) {
	n := r.count()
	switch {
	case n == 0:
		*(*unsafe.Pointer)(p) = nil
	case s.typ == stringMapType:
		*(*map[string]string)(p) = r.stringMap(n)
	default:
		*(*unsafe.Pointer)(p) = r.anyMap(s, n)
	}
}

var stringMapType = reflect.TypeFor[map[string]string]()

func (r *reader) stringMap(n int) map[string]string {
	m := make(map[string]string, n)
	for range n {
		key := r.text()
		m[key] = r.text()
	}
	return m
}

// anyMap returns the map as the pointer that a map is.
func (r *reader) anyMap(s *step, n int) unsafe.Pointer {
	m := reflect.MakeMapWithSize(s.typ, n)
	for range n {
		key := reflect.ValueOf(r.text()).Convert(s.typ.Key())
		value := reflect.New(s.typ.Elem())
		r.run(s.inner, value.UnsafePointer(), 1, 0)
		m.SetMapIndex(key, value.Elem())
	}
	return m.UnsafePointer()
}
