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

// take returns n elements of the slice that s decodes, all zero, where the slab
// that there is has not enough. Many are allocated alone, and few begin a new slab.
func (a *Slabs) take(s *step, n int) unsafe.Pointer {
	if a == nil || n > s.room/2 {
		return reflect.MakeSlice(s.typ, n, n).UnsafePointer()
	}
	data := reflect.MakeSlice(s.typ, s.room, s.room).UnsafePointer()
	a.free[s.slab] = slab{data: unsafe.Add(data, uintptr(n)*s.size), left: s.room - n}
	return data
}
