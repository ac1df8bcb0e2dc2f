// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"unsafe"
)

func (r *reader) pairs(to *[]Pair) {
	n := r.count()
	pairs := grow(r, *to, n)
	for i := range pairs {
		pairs[i] = Pair{Key: r.text(), Value: r.text()}
	}
	*to = pairs
}

func (r *reader) strings(to *[]string) {
	n := r.count()
	values := grow(r, *to, n)
	for i := range values {
		values[i] = r.text()
	}
	*to = values
}

// grow returns a slice of n elements, s if it may be used again and has the
// room; of none, nil.
func grow[E any](r *reader, s []E, n int) []E {
	if n == 0 {
		return nil
	}
	if r.again && n <= cap(s) {
		return s[:n]
	}
	return make([]E, n)
}

// sliceHeader is how Go and TinyGo lay out any slice.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

func (r *reader) list(s *step, p unsafe.Pointer) {
	n, slice := r.count(), (*sliceHeader)(p)
	switch {
	case n == 0:
		*slice = sliceHeader{}
	case r.again && n <= slice.cap:
		slice.len = n
	default:
		*slice = sliceHeader{data: reflect.MakeSlice(s.typ, n, n).UnsafePointer(), len: n, cap: n}
	}
	element := slice.data
	for i := range n {
		r.run(s.inner, element)
		if i+1 < n { // a pointer behind the slice would keep something else alive
			element = unsafe.Add(element, s.size)
		}
	}
}

func (r *reader) pointer(s *step, to *unsafe.Pointer) {
	if *to == nil || !r.again {
		*to = reflect.New(s.typ).UnsafePointer()
	}
	r.run(s.inner, *to)
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
		r.run(s.inner, value.UnsafePointer())
		m.SetMapIndex(key, value.Elem())
	}
	return m.UnsafePointer()
}
