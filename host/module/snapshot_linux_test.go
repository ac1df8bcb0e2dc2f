// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// TestSnapshot takes a snapshot of a memory in which data were changed, were
// removed and came new, and lays it into others, shared and copied.
func TestSnapshot(t *testing.T) {
	const size = 8 << 16
	ctx := context.WithoutCancel(t.Context())
	file := moduletest.Renewing(t, withData(segment(1000, many(20_000, 1)...)).Bytes())
	m, err := open(t, module.Options{}).Compile(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Info.Copyable {
		t.Fatal("the module is not copyable")
	}
	memory := pages(t, size)
	if err := m.Image().Place(memory); err != nil {
		t.Fatal(err)
	}
	instance, err := m.Instantiate(experimental.WithMemoryAllocator(ctx, given(memory)), wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	clear(memory[5000:9000])
	memory[2000], memory[3<<16+7], memory[size-1] = 'x', 'y', 'z'
	s, err := m.TakeSnapshot(instance)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*module.Snapshot{"shared": s, "copied": module.CopiedSnapshot(t, s)} {
		for range 2 { // the second after the first was written to
			other := pages(t, size)
			if err := errors.Join(s.Place(other), s.Restore(instance)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(other, memory) {
				t.Errorf("%s: the memory of a copy is not that of the snapshot", name)
			}
			copy(other[3<<16:], "written!")
		}
		if err := s.Place(pages(t, size-1<<16)); err == nil {
			t.Errorf("%s: Place in a memory that is too small: no error", name)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Place(pages(t, size)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Place of a snapshot that is closed: %v, want %v", err, os.ErrClosed)
	}
	if err := errors.Join(instance.Close(ctx), m.Close(ctx)); err != nil {
		t.Error(err)
	}
}
