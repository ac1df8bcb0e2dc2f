// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestLimits breaks each limit by one, and keeps it by one more.
func TestLimits(t *testing.T) {
	repeat := func(n int, code ...byte) []byte { return slices.Repeat(code, n) }
	nested := func(n int, op byte) []byte { // n blocks inside of each other
		return function(slices.Concat(repeat(n, op, 0x40), repeat(n+1, 0x0b))...)
	}
	withType := func(sections ...[]byte) []byte { return file(append([][]byte{emptyType}, sections...)...) }
	broken := map[string]bool{}
	for _, c := range []struct {
		limit string // of a field of Limits
		at    int    // the value at which the file passes
		file  []byte
		want  string
	}{
		{"Size", 14, file(emptyType), "is over a limit: 14 bytes, at most 13 are allowed"},
		{"CustomSections", 3, file(slices.Repeat(section(wasm.SectionCustom, 1, 'a'), 3)),
			"is over a limit: custom section, byte 18: 3 custom sections, at most 2 are allowed"},
		{"CustomBytes", 6, file(section(wasm.SectionCustom, 1, 'a', 0), section(wasm.SectionCustom, 1, 'b', 0)),
			"is over a limit: custom section, byte 15: 6 bytes of custom sections, at most 5 are allowed"},
		{"NameBytes", 5, file(oneMemory, section(wasm.SectionExport, slices.Concat([]byte{1}, name("hello"), []byte{2, 0})...)),
			"is over a limit: export section, byte 22: 5 bytes in a name, at most 4 are allowed"},
		{"Types", 3, file(entries(wasm.SectionType, 3, 0x60, 0, 0)), "is over a limit: type section, byte 10: 3 types, at most 2 are allowed"},
		{"Params", 3, file(section(wasm.SectionType, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0)),
			"is over a limit: type section, byte 12: 3 parameters, at most 2 are allowed"},
		{"Results", 2, file(section(wasm.SectionType, 1, 0x60, 0, 2, 0x7f, 0x7f)),
			"is over a limit: type section, byte 13: 2 results, at most 1 are allowed"},
		{"Imports", 2, withType(entries(wasm.SectionImport, 2, 1, 'a', 1, 'b', 0, 0)),
			"is over a limit: import section, byte 16: 2 imports, at most 1 are allowed"},
		{"Exports", 2, file(oneMemory, section(wasm.SectionExport, 2, 1, 'a', 2, 0, 1, 'b', 2, 0)),
			"is over a limit: export section, byte 15: 2 exports, at most 1 are allowed"},
		{"Functions", 3, withType(entries(wasm.SectionImport, 1, 1, 'a', 1, 'b', 0, 0), entries(wasm.SectionFunction, 2, 0),
			entries(wasm.SectionCode, 2, 2, 0, 0x0b)),
			"is over a limit: function section, byte 28: 3 functions, at most 2 are allowed"},
		{"Globals", 2, file(entries(wasm.SectionImport, 1, 1, 'a', 1, 'b', 3, 0x7f, 0), entries(wasm.SectionGlobal, 1, 0x7f, 0, 0x41, 0, 0x0b)),
			"is over a limit: global section, byte 26: 2 globals, at most 1 are allowed"},
		{"Tables", 2, file(section(wasm.SectionTable, 2, 0x70, 0, 1, 0x70, 0, 1)),
			"is over a limit: table section, byte 10: 2 tables, at most 1 are allowed"},
		{"TableEntries", 4, file(section(wasm.SectionTable, 2, 0x70, 0, 1, 0x6f, 0, 3)),
			"is over a limit: table section, byte 17: 4 entries of tables, at most 3 are allowed"},
		{"MemoryPages", 5, file(section(wasm.SectionMemory, 1, 0, 5)),
			"is over a limit: memory section, byte 13: 5 pages of memory, at most 4 are allowed"},
		{"Elements", 2, file(entries(wasm.SectionElement, 2, 1, 0, 0)),
			"is over a limit: element section, byte 10: 2 element segments, at most 1 are allowed"},
		{"ElementEntries", 4, file(entries(wasm.SectionElement, 2, 5, 0x70, 2, 0xd0, 0x70, 0x0b, 0xd0, 0x70, 0x0b)),
			"is over a limit: element section, byte 23: 4 entries of element segments, at most 3 are allowed"},
		{"Data", 2, file(entries(wasm.SectionData, 2, 1, 0)), "is over a limit: data section, byte 10: 2 data segments, at most 1 are allowed"},
		{"Labels", 3, function(0x41, 0, 0x0e, 3, 0, 0, 0, 0, 0x0b),
			"is over a limit: code section, function 0, byte 50: 3 labels, at most 2 are allowed"},
		{"BodyBytes", 4, function(0x01, 0x01, 0x0b), "is over a limit: code section, function 0, byte 41: 4 bytes of code, at most 3 are allowed"},
		{"Locals", 7, functionLocals([]byte{2, 4, 0x7f, 3, 0x7e}, 0x0b),
			"is over a limit: code section, function 0, byte 41: 7 locals, at most 6 are allowed"},
		{"Blocks", 2, function(0x02, 0x40, 0x0b, 0x02, 0x40, 0x0b, 0x0b),
			"is over a limit: code section, function 0, byte 42: 2 blocks, at most 1 are allowed"},
		{"BlockDepth", 9, nested(9, 0x02),
			"is over a limit: code section, function 0, byte 42: 9 blocks inside of each other, at most 8 are allowed"},
		{"LoopDepth", 9, nested(9, 0x03),
			"is over a limit: code section, function 0, byte 42: 9 loops inside of each other, at most 8 are allowed"},
		{"LocalsTimesBlocks", 6, functionLocals([]byte{1, 3, 0x7f}, 0x02, 0x40, 0x0b, 0x02, 0x40, 0x0b, 0x0b),
			"is over a limit: code section, function 0, byte 44: 6 locals times blocks, at most 5 are allowed"},
		{"LocalsTimesLoops", 9, functionLocals([]byte{1, 3, 0x7f}, 0x03, 0x40, 0x03, 0x40, 0x0b, 0x0b, 0x0b),
			"is over a limit: code section, function 0, byte 44: 9 locals times nested loops, at most 8 are allowed"},
	} {
		broken[c.limit] = true
		t.Run(c.limit, func(t *testing.T) {
			limits := wasm.DefaultLimits()
			field := reflect.ValueOf(&limits).Elem().FieldByName(c.limit)
			field.SetInt(int64(c.at))
			if _, err := wasm.Decode(c.file, limits); err != nil {
				t.Errorf("Decode with %s %d: %v", c.limit, c.at, err)
			}
			field.SetInt(int64(c.at - 1))
			_, err := wasm.Decode(c.file, limits)
			if err == nil || err.Error() != c.want {
				t.Errorf("Decode with %s %d:\n got %v\nwant %s", c.limit, c.at-1, err, c.want)
			}
			var e *wasm.Error
			if !errors.As(err, &e) || e.Kind != wasm.OverLimit {
				t.Errorf("Decode with %s %d = %#v, want an Error of kind OverLimit", c.limit, c.at-1, err)
			}
		})
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[wasm.Limits]()) {
		if !broken[f.Name] {
			t.Errorf("no case breaks the limit %s", f.Name)
		}
	}
}
