// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

const (
	bulkPages   = 40
	segmentSize = 900_000
)

// bulkModule exports fill, copy and init, which take the operands of the
// instruction, and drop. Its data segment is longer than several pieces.
func bulkModule() []byte {
	operation := func(code ...byte) []byte { return sized([]byte{0, 0x20, 0, 0x20, 1, 0x20, 2}, code, []byte{0x0b}) }
	export := func(name string, kind, index byte) []byte {
		return slices.Concat(sized([]byte(name)), []byte{kind, index})
	}
	data := make([]byte, segmentSize)
	for i := range data {
		data[i] = byte(i * 31 >> 3)
	}
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		[]byte{wasm.SectionType}, sized([]byte{2, 0x60, 3, 0x7f, 0x7f, 0x7f, 0, 0x60, 0, 0}),
		[]byte{wasm.SectionFunction}, sized([]byte{4, 0, 0, 0, 1}),
		[]byte{wasm.SectionMemory}, sized([]byte{1, 0, bulkPages}),
		[]byte{wasm.SectionExport}, sized([]byte{5}, export("memory", 2, 0),
			export("fill", 0, 0), export("copy", 0, 1), export("init", 0, 2), export("drop", 0, 3)),
		[]byte{wasm.SectionDataCount}, sized([]byte{1}),
		[]byte{wasm.SectionCode}, sized([]byte{4},
			operation(0xfc, 11, 0), operation(0xfc, 10, 0, 0), operation(0xfc, 8, 0, 0), sized([]byte{0, 0xfc, 9, 0, 0x0b})),
		[]byte{wasm.SectionData}, sized([]byte{1, 1}, sized(data)),
	)
}

// TestBulk does operations on memory in a metered and in a plain instance:
// they do the same, and trap at the same operands, without a trace.
func TestBulk(t *testing.T) {
	const size = bulkPages << 16
	random := rand.New(rand.NewPCG(1, 2))
	interesting := []uint32{
		0, 1, 255, 256, 257, 1<<18 - 1, 1 << 18, 1<<18 + 1, 1 << 19, 1<<19 + 1, 700_000, segmentSize - 1, segmentSize, segmentSize + 1,
		size - 1<<18, size - 1, size, size + 1, 1 << 31, 1<<32 - 1<<18, 1<<32 - 1,
	}
	operand := func() uint32 {
		if random.IntN(2) == 0 {
			return interesting[random.IntN(len(interesting))]
		}
		return random.Uint32N(size)
	}
	plain, metered := bulkPair(t)
	trapped := 0
	step := func(name string, args ...uint64) {
		_, wantErr := plain.ExportedFunction(name).Call(t.Context(), args...)
		_, err := metered.ExportedFunction(name).Call(t.Context(), args...)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s%v = %v, without a meter %v", name, args, err, wantErr)
		}
		if err != nil {
			trapped++
		}
		got, _ := metered.Memory().Read(0, size)
		want, _ := plain.Memory().Read(0, size)
		if !bytes.Equal(got, want) {
			t.Fatalf("after %s%v the memories differ", name, args)
		}
	}
	const steps = 600
	for n := range steps {
		name := []string{"fill", "copy", "copy", "init"}[n%4]
		step(name, uint64(operand()), uint64(operand()), uint64(operand()))
		if n%100 == 0 { // something to copy, by plain writes
			for at := uint32(0); at < size; at += 64 << 10 {
				v := random.Uint64()
				plain.Memory().WriteUint64Le(at+uint32(n), v)
				metered.Memory().WriteUint64Le(at+uint32(n), v)
			}
		}
	}
	if trapped < steps/4 || trapped > steps*3/4 {
		t.Errorf("%d of %d operations trapped: the operands are one-sided", trapped, steps)
	}
	step("drop")
	step("init", 0, 0, 0)
	step("init", 0, 0, 700_000)
}

func bulkPair(t *testing.T) (plain, metered api.Module) {
	t.Helper()
	file := bulkModule()
	plain, err := newRuntime(t, 0).InstantiateWithConfig(t.Context(), file, wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	metered, err = newRuntime(t, 1000).instantiate(t, file, wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	return plain, metered
}

// TestBulkPieces counts the yields of one long operation: it is one for each
// piece at least.
func TestBulkPieces(t *testing.T) {
	const length = 700_000 // three pieces
	for _, name := range []string{"fill", "copy", "init"} {
		r := newRuntime(t, 1)
		m, err := r.instantiate(t, bulkModule(), wazero.NewModuleConfig())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			length, yields int
		}{{256, 1}, {257, 2}, {length, 4}} {
			r.yields = 0
			m.ExportedGlobal("wcm_meter_fuel").(api.MutableGlobal).Set(0)
			if _, err := m.ExportedFunction(name).Call(t.Context(), 0, 0, uint64(c.length)); err != nil {
				t.Fatal(err)
			}
			if r.yields != c.yields {
				t.Errorf("%s of %d bytes yielded %d times, want %d", name, c.length, r.yields, c.yields)
			}
		}
	}
}
