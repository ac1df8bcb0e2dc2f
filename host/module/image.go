// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"bytes"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// Image is what the memory of each instance of a module begins with: its data
// segments, which the host takes out of what wazero gets. wazero would keep a
// list of them for each instance, and copy them: Go's linker makes 73,000. It
// is safe for concurrent use.
type Image struct {
	offset int
	shared *shared // nil where the system has nothing like it: data is copied
	data   []byte  // nil if it is shared
}

// newImage makes an image of data that stand at an offset in the memory; nil
// if there are none. The caller closes it.
func newImage(d data) *Image {
	if len(d.bytes) == 0 {
		return nil
	}
	s, err := share(d.bytes)
	if err != nil {
		return &Image{offset: d.offset, data: bytes.Clone(d.bytes)} // and not the file that they are a part of
	}
	return &Image{offset: d.offset, shared: s}
}

// Place lays the image into the memory of a new instance, which begins at a
// page of the system and has none of the Go heap; what is there is lost. Where
// the system can, instances share the pages that they do not write to. The
// memory may outlive the image. A nil image is empty.
func (i *Image) Place(memory []byte) error {
	switch {
	case i == nil:
		return nil
	case i.shared != nil && i.offset+i.shared.size <= len(memory):
		return i.shared.place(memory[i.offset:i.offset+i.shared.size], 0)
	case i.shared == nil && i.offset+len(i.data) <= len(memory):
		copy(memory[i.offset:], i.data)
		return nil
	}
	return fmt.Errorf("a memory of %d bytes does not have the module's data", len(memory))
}

// read fills a part of a memory, from an address on, with what Place makes of it.
func (i *Image) read(part []byte, address int) error {
	clear(part)
	if i == nil {
		return nil
	}
	size := len(i.data)
	if i.shared != nil {
		size = i.shared.size
	}
	from, to := max(address, i.offset), min(address+len(part), i.offset+size)
	if from >= to {
		return nil
	}
	into := part[from-address : to-address]
	if i.shared != nil {
		return i.shared.read(into, from-i.offset)
	}
	copy(into, i.data[from-i.offset:])
	return nil
}

func (i *Image) close() error {
	if i == nil || i.shared == nil {
		return nil
	}
	return i.shared.close()
}

// data are the bytes of data segments, and where they stand in the memory.
type data struct {
	offset int
	bytes  []byte
}

// What is worth an image, in bytes.
const (
	leastData = 64 << 10
	// imagePage is what the offset of an image is a multiple of: a page of the
	// linear memory, and no less than one of any system.
	imagePage = 64 << 10
	// mostGaps is how much larger than what is in it an image may be. A module
	// can declare a memory of gigabytes and one byte at each end.
	mostGaps = 4
)

// extent is the range of a memory that data segments write to.
type extent struct{ first, end, size int64 } // size is that of the segments together

// extentOf returns the range of what the data segments of a module leave in the
// memory of an instance; false if that is not certain before there is one.
// Instructions that use a segment need a data count section, so a module
// without one has none of them.
func extentOf(m *wasm.Module) (e extent, certain bool) {
	if _, counted := sectionOf(m, wasm.SectionDataCount); counted || len(m.Memories) == 0 {
		return e, false
	}
	limit := min(int64(m.Memories[0].Min)*imagePage, 1<<31) // where signs begin to matter
	e.first = limit
	for i := range m.Data {
		d := &m.Data[i]
		start, size := int64(d.Offset.Number), int64(d.Size())
		if d.Offset.Op != wasm.OpI32Const || start+size > limit {
			return e, false
		}
		e.first, e.end, e.size = min(e.first, start), max(e.end, start+size), e.size+size
	}
	e.first = e.first / imagePage * imagePage
	return e, true
}

// worth reports whether the range is worth an image.
func (e extent) worth() bool { return e.size >= leastData && e.end-e.first <= mostGaps*e.size }

// dataOf returns what the data segments of a module leave in the memory of an
// instance; nothing if that is not certain, or not worth an image. The copies of
// an instance have their data in their snapshot, so wazero must have none of
// theirs.
func dataOf(m *wasm.Module) data {
	e, certain := extentOf(m)
	if !certain || e.size == 0 || !e.worth() && !copyable(m) {
		return data{}
	}
	image := data{offset: int(e.first), bytes: make([]byte, e.end-e.first)}
	for i := range m.Data {
		d := &m.Data[i]
		copy(image.bytes[int64(d.Offset.Number)-e.first:], m.File[d.Start:d.End])
	}
	return image
}

// mostCopyable bounds the data of a module whose instances are copies of one, in
// bytes, if they are not worth an image otherwise.
const mostCopyable = 1 << 20

// copyable reports whether instances may be copies of one that is initialized:
// the module says so, and nothing is left that a copy would lack.
func copyable(m *wasm.Module) bool {
	if _, renews := export(m, abi.ExportRenew); !renews || !meter.Copyable(m) {
		return false
	}
	e, certain := extentOf(m)
	return certain && (e.size == 0 || e.worth() || e.end-e.first <= mostCopyable)
}

func sectionOf(m *wasm.Module, id byte) (wasm.Section, bool) {
	for _, s := range m.Sections {
		if s.ID == id {
			return s, true
		}
	}
	return wasm.Section{}, false
}
