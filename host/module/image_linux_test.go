// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"

	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// segment returns an active data segment.
func segment(offset int, content ...byte) []byte {
	var number []byte // signed, in five bytes
	for i := range 4 {
		number = append(number, byte(offset>>(7*i))&0x7f|0x80)
	}
	number = append(number, byte(offset>>28)&0x7f)
	return slices.Concat([]byte{0, 0x41}, number, []byte{0x0b}, moduletest.Vector(content))
}

func many(size int, first byte) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = first + byte(i%251)
	}
	return b
}

// withData returns a plugin with a memory of 8 pages and data segments.
func withData(segments ...[]byte) moduletest.Sections {
	return moduletest.Plugin().With(moduletest.Memory, moduletest.List([]byte{0, 8})).
		With(moduletest.Data, moduletest.List(segments...))
}

// TestImage compares the memory of new instances with that which wazero makes
// of the module as it was, for modules that have an image and for others.
func TestImage(t *testing.T) {
	const page = 64 << 10
	large := segment(3*page+1000, many(2*page, 7)...)
	for _, c := range []struct {
		reason string
		module moduletest.Sections
		image  bool
	}{
		{"no data", moduletest.Plugin(), false},
		{"too little to be worth it", withData(segment(page, many(page-1, 1)...)), false},
		{"one segment", withData(large), true},
		{"at the beginning", withData(segment(0, many(page, 1)...)), true},
		{"up to the end", withData(segment(6*page, many(2*page, 1)...)), true},
		{"in any order", withData(large, segment(2*page, 1, 2, 3)), true},
		{"the last one counts where two are", withData(large, segment(3*page+2000, many(9000, 99)...), segment(3*page+1999, 0)), true},
		{"an empty segment", withData(segment(3*page), large), true},
		{"mostly gaps", withData(segment(0, 1), segment(7*page, many(page, 1)...)), false},
		{"a passive segment", withData(large, []byte{1, 1, 9}), false},
		{"instructions may use the segments", withData(large).With(12, []byte{1}), false},
	} {
		t.Run(c.reason, func(t *testing.T) {
			want := wazerosMemory(t, c.module.Bytes())
			dir := t.TempDir()
			for _, o := range []module.Options{{}, {CacheDir: dir}, {CacheDir: dir}} {
				m, err := open(t, o).Compile(t.Context(), c.module.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				if got := m.Image() != nil; got != c.image {
					t.Errorf("%s: an image: %v, want %v", m.Stats.Origin, got, c.image)
				}
				for range 2 {
					if got := instanceMemory(t, m, len(want)); !bytes.Equal(got, want) {
						t.Errorf("%s: the memory of an instance is not as wazero makes it", m.Stats.Origin)
					}
				}
				if err := m.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			i := module.CopiedImage(t, c.module.Bytes())
			if got := make([]byte, len(want)); c.image && (i.Place(got) != nil || !bytes.Equal(got, want)) {
				t.Error("the memory of an instance is not as wazero makes it where images are copied")
			}
		})
	}
}

// wazerosMemory returns the memory of a module that nobody has rewritten.
func wazerosMemory(t *testing.T, wasm []byte) []byte {
	t.Helper()
	r := wazero.NewRuntime(t.Context())
	instance, err := r.Instantiate(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	memory, _ := instance.Memory().Read(0, instance.Memory().Size())
	memory = bytes.Clone(memory)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return memory
}

// instanceMemory returns what an instance finds in its memory, and fills it
// with something else.
func instanceMemory(t *testing.T, m *module.Module, size int) []byte {
	t.Helper()
	memory := pages(t, size)
	if err := m.Image().Place(memory); err != nil {
		t.Fatal(err)
	}
	instance, err := m.Instantiate(experimental.WithMemoryAllocator(t.Context(), given(memory)), wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	found := bytes.Clone(memory)
	for i := range memory {
		memory[i] = 0xaa
	}
	if err := instance.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return found
}

// pages returns memory of the system.
func pages(t *testing.T, size int) []byte {
	t.Helper()
	memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	return memory
}

// given is an allocator of one memory.
type given []byte

func (g given) Allocate(_, _ uint64) experimental.LinearMemory { return g }

func (g given) Reallocate(size uint64) []byte { return g[:size:size] }

func (g given) Free() {}

// TestImageStaysAsItIs: nobody sees what another one writes, and a memory
// outlives the module whose image it has.
func TestImageStaysAsItIs(t *testing.T) {
	const size = 8 << 16
	m, err := open(t, module.Options{}).Compile(t.Context(), withData(segment(0, many(100_000, 1)...)).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	one, other := pages(t, size), pages(t, size)
	if err := errors.Join(m.Image().Place(one), m.Image().Place(other)); err != nil {
		t.Fatal(err)
	}
	before := binary.LittleEndian.Uint64(other[50_000:])
	copy(one[50_000:], "written!")
	third := pages(t, size)
	if err := errors.Join(m.Image().Place(third), m.Close(context.WithoutCancel(t.Context()))); err != nil {
		t.Fatal(err)
	}
	for name, memory := range map[string][]byte{"one made before": other, "one made since": third} {
		if got := binary.LittleEndian.Uint64(memory[50_000:]); got != before {
			t.Errorf("%s has %#x where another one has written, want %#x", name, got, before)
		}
	}
	if !bytes.Equal(other, third) || string(one[50_000:50_008]) != "written!" {
		t.Error("memories have changed with the module's end")
	}
	files, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if to, _ := os.Readlink(file); strings.Contains(to, "wcm-image") {
			t.Errorf("%s is open after the module was closed", to)
		}
	}
}

// TestImageTooLarge: a memory is never written beyond its end. Data that leave
// the memory are wazero's to refuse.
func TestImageTooLarge(t *testing.T) {
	if i := module.CopiedImage(t, withData(segment(7<<16+1, many(1<<16, 1)...)).Bytes()); i != nil {
		t.Error("data that leave the memory are taken for an image")
	}
	m, err := open(t, module.Options{}).Compile(t.Context(), withData(segment(0, many(100_000, 1)...)).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if err := m.Image().Place(pages(t, 1<<16)); err == nil {
		t.Error("Place in a memory that is too small: no error")
	}
}
