// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// everything is a module that has an entry of every kind.
func everything(names []byte) []byte {
	return file(
		section(wasm.SectionType, 2, 0x60, 2, 0x7f, 0x7e, 1, 0x7b, 0x60, 0, 0),
		section(wasm.SectionImport, slices.Concat([]byte{4},
			name("env"), name("call"), []byte{0, 0},
			name("env"), name("table"), []byte{1, 0x70, 1, 1, 9},
			name("env"), name("memory"), []byte{2, 0, 2},
			name("env"), name("base"), []byte{3, 0x7f, 0},
		)...),
		section(wasm.SectionFunction, 2, 1, 1),
		section(wasm.SectionTable, 1, 0x6f, 0, 3),
		section(wasm.SectionGlobal, 1, 0x7e, 1, 0x42, 5, 0x0b),
		section(wasm.SectionExport, slices.Concat([]byte{2}, name("run"), []byte{0, 2}, name("left"), []byte{3, 1})...),
		section(wasm.SectionStart, 1),
		section(wasm.SectionElement, 2,
			0, 0x23, 0, 0x0b, 2, 1, 2,
			5, 0x70, 2, 0xd2, 0, 0x0b, 0xd0, 0x70, 0x0b),
		section(wasm.SectionDataCount, 2),
		section(wasm.SectionCode, 2, 2, 0, 0x0b,
			16, 1, 3, 0x7d, 0x03, 0x40, 0x10, 1, 0x41, 0, 0x11, 1, 0, 0x0c, 0, 0x0b, 0x0b),
		section(wasm.SectionData, 2, 1, 1, 'x', 0, 0x41, 0xac, 0x02, 0x0b, 2, 'y', 'z'),
		section(wasm.SectionCustom, append(name("name"), names...)...),
	)
}

func TestDecode(t *testing.T) {
	m, err := wasm.Decode(everything(nil), wasm.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	m.File, m.Sections = nil, nil
	want := &wasm.Module{
		Types: []wasm.FuncType{
			{Params: []wasm.ValueType{wasm.I32, wasm.I64}, Results: []wasm.ValueType{wasm.V128}},
			{},
		},
		Imports: []wasm.Import{
			{Module: "env", Name: "call", Kind: wasm.ExternalFunction},
			{Module: "env", Name: "table", Kind: wasm.ExternalTable},
			{Module: "env", Name: "memory", Kind: wasm.ExternalMemory},
			{Module: "env", Name: "base", Kind: wasm.ExternalGlobal},
		},
		Functions: []uint32{0, 1, 1},
		Tables: []wasm.Table{
			{Type: wasm.FuncRef, Min: 1, Max: 9, HasMax: true},
			{Type: wasm.ExternRef, Min: 3},
		},
		Memories: []wasm.Memory{{Min: 2}},
		Globals: []wasm.Global{
			{Type: wasm.I32},
			{Type: wasm.I64, Mutable: true, Init: wasm.Constant{Op: wasm.OpI64Const, Start: 91, End: 94}},
		},
		Exports: []wasm.Export{
			{Name: "run", Kind: wasm.ExternalFunction, Index: 2},
			{Name: "left", Kind: wasm.ExternalGlobal, Index: 1},
		},
		Start: 1,
		Elements: []wasm.Element{
			{Type: wasm.FuncRef, Offset: wasm.Constant{Op: wasm.OpGlobalGet, Start: 117, End: 120}, Functions: []uint32{1, 2}},
			{Flags: wasm.ElementPassive | wasm.ElementExpressions, Type: wasm.FuncRef, Values: []wasm.Constant{
				{Op: wasm.OpRefFunc, Start: 126, End: 129}, {Op: wasm.OpRefNull, Start: 129, End: 132},
			}},
		},
		Code: []wasm.Code{
			{Start: 139, End: 141, Instructions: 140, Count: 1},
			{Start: 142, End: 158, Instructions: 145, Locals: 3, Count: 7, Loops: 1, Callees: []uint32{1}, CalleeTypes: []uint32{1}},
		},
		Data: []wasm.Data{
			{Start: 163, End: 164},
			{Offset: wasm.Constant{Op: wasm.OpI32Const, Number: 300, Start: 165, End: 169}, Start: 170, End: 172},
		},
	}
	if d := cmp.Diff(want, m, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".imported" }, cmp.Ignore())); d != "" {
		t.Errorf("Decode (-want +got):\n%s", d)
	}
	for kind, want := range map[wasm.External]int{wasm.ExternalFunction: 1, wasm.ExternalTable: 1, wasm.ExternalMemory: 1, wasm.ExternalGlobal: 1} {
		if got := m.Imported(kind); got != want {
			t.Errorf("Imported(%s) = %d, want %d", kind, got, want)
		}
	}
	if got, want := m.FuncType(0).String(), "(i32 i64) v128"; got != want {
		t.Errorf("FuncType(0) = %q, want %q", got, want)
	}
}

func TestFunctionNames(t *testing.T) {
	part := func(id byte, content ...[]byte) []byte {
		return append([]byte{id}, sized(slices.Concat(content...))...)
	}
	for _, c := range []struct {
		reason string
		names  []byte
		want   []wasm.Name
	}{
		{"there are none", nil, nil},
		{"other parts are skipped", slices.Concat(part(0, name("m")), part(1, []byte{2, 0}, name("f"), []byte{2}, name("g"))),
			[]wasm.Name{{Function: 0, Name: "f"}, {Function: 2, Name: "g"}}},
		{"a function that does not exist", part(1, []byte{1, 3}, name("f")), nil},
		{"a function twice", part(1, []byte{2, 1}, name("f"), []byte{1}, name("g")), nil},
		{"more behind the last name", part(1, []byte{1, 1}, name("f"), []byte{7}), nil},
		{"a count that the bytes do not bear out", part(1, []byte{0xff, 0xff, 0xff, 0xff, 0x0f}), nil},
		{"no UTF-8", part(1, []byte{1, 1, 1, 0xff}), nil},
		{"half a part", []byte{1, 9, 1}, nil},
	} {
		m, err := wasm.Decode(everything(c.names), wasm.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", c.reason, err)
		}
		if d := cmp.Diff(c.want, m.FunctionNames()); d != "" {
			t.Errorf("%s: FunctionNames (-want +got):\n%s", c.reason, d)
		}
	}
}

// TestCursor checks what a cursor tells of each instruction.
func TestCursor(t *testing.T) {
	m, err := wasm.Decode(function(
		0x02, 0x7f, // block (result i32)
		0x41, 0x7f, // i32.const -1
		0x41, 0, // i32.const 0
		0x0e, 2, 0, 1, 0, // br_table 0 1, default 0
		0x0b,       // end
		0x04, 0x40, // if
		0x05,             // else
		0x0b,             // end
		0x41, 0, 0x0d, 0, // br_if 0
		0x0b,
	), wasm.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	type step struct {
		op    wasm.Opcode
		x, y  uint32
		depth int
	}
	want := []step{
		{wasm.OpBlock, 0, uint32(wasm.I32), 1},
		{wasm.OpI32Const, 0xffffffff, 0, 1},
		{wasm.OpI32Const, 0, 0, 1},
		{wasm.OpBrTable, 1, 2, 1},
		{wasm.OpEnd, uint32(wasm.OpBlock), 0, 0},
		{wasm.OpIf, 0, wasm.BlockEmpty, 1},
		{wasm.OpElse, 0, 0, 1},
		{wasm.OpEnd, uint32(wasm.OpElse), 0, 0},
		{wasm.OpI32Const, 0, 0, 0},
		{wasm.OpBrIf, 0, 0, 0},
		{wasm.OpEnd, 0, 0, 0},
	}
	var got []step
	var c wasm.Cursor
	for c.Reset(m, m.Code[0]); c.Next(); {
		s := step{op: c.Op, x: c.X, depth: c.Depth()}
		switch c.Op {
		case wasm.OpBrTable:
			if labels := c.Labels(nil); !slices.Equal(labels, []uint32{0, 1, 0}) {
				t.Errorf("Labels = %v, want [0 1 0]", labels)
			}
			fallthrough
		case wasm.OpBlock, wasm.OpIf:
			s.y = c.Y
		case wasm.OpElse:
			s.x = 0
		}
		got = append(got, s)
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(step{})); d != "" {
		t.Errorf("steps of a cursor (-want +got):\n%s", d)
	}
}
