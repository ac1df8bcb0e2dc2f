// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/experimental"

	"github.com/wasm-controller-manager/wcm/host/module"
)

// pageSize is the unit in which linear memory grows, in bytes.
const pageSize = 64 << 10

// addressable is what 32-bit addresses reach, less one page: wazero tells the
// size of a memory in 32 bits, too.
const addressable = 4<<30 - pageSize

// linearMemory is the memory of one instance. Its address never changes: the
// whole of what it may become is reserved at the start, growing gives it more
// of that without copying, and only pages that the guest has touched take
// space.
//
// It belongs to the instance, and wazero borrows it. What reads or writes it
// after release takes the process down, so that must come after the last call
// and no slice of it may be kept.
type linearMemory struct {
	region region
	limit  uint64
}

// Interface guards.
var (
	_ experimental.MemoryAllocator = (*linearMemory)(nil)
	_ experimental.LinearMemory    = (*linearMemory)(nil)
)

// newLinearMemory returns a memory of the size that a module declares, with its
// data, or as a snapshot has it, if there is one. It can grow to the limit in
// bytes and not beyond. The caller releases it.
func newLinearMemory(plugin string, of *module.Module, from *module.Snapshot, limit uint64) (*linearMemory, error) {
	declared := of.Info.Memory
	limit = min(limit, addressable) / pageSize * pageSize
	least := uint64(declared.MinPages) * pageSize
	if least > limit {
		return nil, &MemoryError{Plugin: plugin, Declared: least, Limit: limit}
	}
	if declared.MaxPages > 0 {
		limit = min(limit, max(least, uint64(declared.MaxPages)*pageSize))
	}
	r, err := reserve(limit)
	if err != nil {
		return nil, fmt.Errorf("%sreserve %d bytes of memory: %w", subject(plugin), limit, err)
	}
	m := &linearMemory{region: r, limit: limit}
	place, size := of.Image().Place, least
	if from != nil {
		place, size = from.Place, from.Size()
	}
	initial, err := m.region.commit(size)
	if err == nil {
		err = place(initial)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s%d bytes of memory: %w", subject(plugin), least, err), m.release())
	}
	return m, nil
}

// Allocate gives the memory to wazero.
func (m *linearMemory) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate returns the memory grown to a size in bytes, nil if it cannot be:
// then memory.grow answers -1.
func (m *linearMemory) Reallocate(size uint64) []byte {
	if size > m.limit {
		return nil
	}
	b, err := m.region.commit(size)
	if err != nil {
		return nil
	}
	return b
}

// Free does nothing. A guest that calls proc_exit makes wazero free its memory
// under the running call.
func (m *linearMemory) Free() {}

// release gives the memory back. Releasing it again does nothing.
func (m *linearMemory) release() error { return m.region.release() }
