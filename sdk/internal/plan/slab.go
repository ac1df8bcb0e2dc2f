// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"unsafe"
)

// Slabs is memory from which the slices of decoded values are cut: several
// small allocations would cost more than all else that is done for an object.
// What is cut off is nobody else's, as if it were allocated alone; but a slab
// stays as long as anything of it is in use. Slabs belong to one plan and one
// goroutine. No Slabs, nil, allocate every slice alone.
type Slabs struct{ free []slab } // one for each step that is a slice

// slab is what is free of one.
type slab struct {
	data unsafe.Pointer // nil if nothing is left
	left int            // elements
}

// SlabSize is the size of a slab, in bytes.
const SlabSize = 4 << 10

// NewSlabs returns memory for values of the plan.
func (p *Plan) NewSlabs() *Slabs { return &Slabs{free: make([]slab, p.slices)} }

// take returns n elements of the slice that s decodes, all zero.
func (a *Slabs) take(s *step, n int) unsafe.Pointer {
	if a == nil {
		return reflect.MakeSlice(s.typ, n, n).UnsafePointer()
	}
	free := &a.free[s.slab]
	if n >= free.left { // never take the last one, behind which a pointer would keep something else alive
		if n > s.room/2 {
			return reflect.MakeSlice(s.typ, n, n).UnsafePointer()
		}
		*free = slab{data: reflect.MakeSlice(s.typ, s.room, s.room).UnsafePointer(), left: s.room}
	}
	data := free.data
	free.data, free.left = unsafe.Add(data, uintptr(n)*s.size), free.left-n
	return data
}
