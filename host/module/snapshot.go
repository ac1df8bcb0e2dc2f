// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/meter"
)

// Snapshot is what an instance of a copyable module was when it was taken: its
// memory and its globals. Other instances can begin as copies of it, which share
// the pages that they do not write to. It is safe for concurrent use.
type Snapshot struct {
	image   *Image // what the memory was before anything ran; belongs to the code
	size    int    // of the memory
	runs    []run  // where the memory is not as image and zeroes make it
	shared  *shared
	bytes   []byte // of all runs, one behind the other; nil if they are shared
	globals []uint64
}

// run is a range of the memory that stands in a snapshot: pages of the system.
type run struct{ address, size int }

// runGap is how many pages that are as they were a run has rather than being
// two: each one is a mapping in every copy, of which a process has 65,530.
const runGap = 4

// TakeSnapshot makes a snapshot of an instance of this module, which must be
// copyable, while none of its functions runs. The caller closes it, or leaves
// that to [Module.Snapshot].
func (m *Module) TakeSnapshot(instance api.Module) (*Snapshot, error) {
	memory, ok := instance.Memory().Read(0, instance.Memory().Size())
	if !ok {
		return nil, errors.New("the memory of the instance cannot be read")
	}
	s := &Snapshot{image: m.Image(), size: len(memory)}
	var err error
	if s.runs, err = runsOf(memory, s.image, os.Getpagesize()); err != nil {
		return nil, err
	}
	parts := make([][]byte, len(s.runs))
	for i, r := range s.runs {
		parts[i] = memory[r.address : r.address+r.size]
	}
	if s.shared, err = share(parts...); err != nil {
		s.shared, s.bytes = nil, bytes.Join(parts, nil)
	}
	for i := 0; ; i++ {
		g := instance.ExportedGlobal(meter.StateGlobal(i))
		if g == nil {
			break
		}
		s.globals = append(s.globals, g.Get())
	}
	return s, nil
}

// runsOf returns where a memory, whose size is a multiple of the system's page,
// is not what an image and zeroes make it.
func runsOf(memory []byte, before *Image, page int) (runs []run, err error) {
	was := make([]byte, imagePage)
	for at := 0; at < len(memory); at += imagePage {
		if err := before.read(was, at); err != nil {
			return nil, err
		}
		for p := 0; p < imagePage; p += page {
			if bytes.Equal(memory[at+p:at+p+page], was[p:p+page]) {
				continue
			}
			runs = extend(runs, at+p, page)
		}
	}
	return runs, nil
}

// extend adds a page to the last run, or begins another one.
func extend(runs []run, address, page int) []run {
	if n := len(runs); n > 0 {
		if last := &runs[n-1]; address-(last.address+last.size) <= runGap*page {
			last.size = address + page - last.address
			return runs
		}
	}
	return append(runs, run{address, page})
}

// Size is that of the memory of a copy, in bytes.
func (s *Snapshot) Size() uint64 { return uint64(s.size) }

// Place lays the snapshot into the memory of a new instance, as [Image.Place]
// does. The error is [os.ErrClosed] if the snapshot has gone meanwhile.
func (s *Snapshot) Place(memory []byte) error {
	if len(memory) < s.size {
		return fmt.Errorf("a memory of %d bytes does not have a snapshot of %d", len(memory), s.size)
	}
	if err := s.image.Place(memory); err != nil {
		return err
	}
	from := 0
	for _, r := range s.runs {
		into := memory[r.address : r.address+r.size]
		if s.shared == nil {
			copy(into, s.bytes[from:])
		} else if err := s.shared.place(into, from); err != nil {
			return err
		}
		from += r.size
	}
	return nil
}

// Restore makes an instance that none of the guest's code has run in, and in whose
// memory Place has laid the snapshot, a copy.
func (s *Snapshot) Restore(instance api.Module) error {
	memory := instance.Memory()
	if _, ok := memory.Grow(uint32(s.size-int(memory.Size())) / imagePage); !ok {
		return fmt.Errorf("its memory of %d bytes does not grow to the %d of a snapshot", memory.Size(), s.size)
	}
	for i, value := range s.globals {
		g, ok := instance.ExportedGlobal(meter.StateGlobal(i)).(api.MutableGlobal)
		if !ok {
			return fmt.Errorf("it has not the %d globals of a snapshot", len(s.globals))
		}
		g.Set(value)
	}
	return nil
}

// Close gives the snapshot up; its copies stay what they are. A nil one is nothing.
func (s *Snapshot) Close() error {
	if s == nil || s.shared == nil {
		return nil
	}
	return s.shared.close()
}
