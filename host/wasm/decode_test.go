// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestDecodeRefuses holds the exact sentences, since they are what the author
// of a module has to go by.
func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		kind wasm.Kind
		want string
	}{
		{"nothing", nil, wasm.NotWasm, "is empty, expected a WebAssembly module"},
		{"a text", []byte("apiVersion: v1\n"), wasm.NotWasm, `is no WebAssembly module: starts with "apiVersi", expected "\0asm"`},
		{"a component", []byte("\x00asm\x0d\x00\x01\x00"), wasm.NotWasm,
			"is a WebAssembly component, not a core module: build it for wasip1 instead of wasip2"},
		{"a later format", []byte("\x00asm\x02\x00\x00\x00"), wasm.NotWasm, "has version 2 of the binary format, expected 1"},
		{"half a header", []byte("\x00asm\x01"), wasm.Truncated, "is truncated: 5 bytes, the header alone takes 8"},
		{"half a section header", file([]byte{1}), wasm.Truncated, "is truncated: it ends at byte 9 inside the header of a section"},
		{"half a section", file([]byte{1, 4, 1, 0x60}), wasm.Truncated, "is truncated: the type section declares 4 bytes, 2 are left"},
		{"no code", file(emptyType, section(wasm.SectionFunction, 2, 0, 0)), wasm.Truncated,
			"is truncated: it declares 2 functions and has the code of 0"},
		{"no data", file(section(wasm.SectionDataCount, 3)), wasm.Truncated,
			"is truncated: it declares 3 data segments and has 0"},
		{"an unknown section", file(section(14)), wasm.Malformed, "is malformed WebAssembly: byte 8: unknown section 14"},
		{"tags", file(section(13, 0)), wasm.Unsupported,
			"needs WebAssembly that is not supported: byte 8: section 13 of exception handling"},
		{"a section twice", file(emptyType, emptyType), wasm.Malformed,
			"is malformed WebAssembly: type section, byte 16: repeated or out of order"},
		{"more behind the last entry", file(section(wasm.SectionType, 0, 7)), wasm.Malformed,
			"is malformed WebAssembly: type section, byte 11: 1 bytes behind the last entry"},
		{"4 billion types", file(section(wasm.SectionType, 0xff, 0xff, 0xff, 0xff, 0x0f)), wasm.Malformed,
			"is malformed WebAssembly: type section, byte 15: 4294967295 types declared, 0 bytes are left"},
		{"4 billion parameters", file(section(wasm.SectionType, 1, 0x60, 0xff, 0xff, 0xff, 0xff, 0x0f)), wasm.Malformed,
			"is malformed WebAssembly: type section, byte 17: 4294967295 parameters declared, 0 bytes are left"},
		{"4 billion elements", file(oneTable, section(wasm.SectionElement, 1, 0, 0x41, 0, 0x0b, 0xff, 0xff, 0xff, 0xff, 0x0f)), wasm.Malformed,
			"is malformed WebAssembly: element section, byte 26: 4294967295 entries of an element segment declared, 0 bytes are left"},
		{"a number of more than 32 bits", file(section(wasm.SectionType, 0xff, 0xff, 0xff, 0xff, 0x1f)), wasm.Malformed,
			"is malformed WebAssembly: type section, byte 10: the number does not fit into 32 bits"},
		{"a type of the garbage collection", file(section(wasm.SectionType, 1, 0x5f, 0)), wasm.Malformed,
			"is malformed WebAssembly: type section, byte 11: type of form 0x5f, expected a function"},
		{"a name that is not UTF-8", file(section(wasm.SectionExport, 1, 1, 0xff, 0, 0)), wasm.Malformed,
			`is malformed WebAssembly: export section, byte 11: the name "\xff" is not UTF-8`},
		{"an export twice", file(oneMemory, section(wasm.SectionExport, 2, 1, 'm', 2, 0, 1, 'm', 2, 0)), wasm.Malformed,
			`is malformed WebAssembly: export section, byte 20: "m" is exported twice`},
		{"an export of nothing", file(section(wasm.SectionExport, 1, 1, 'f', 0, 3)), wasm.Malformed,
			"is malformed WebAssembly: export section, byte 14: function 3, there are 0"},
		{"an exported tag", file(section(wasm.SectionExport, 1, 1, 'f', 4, 0)), wasm.Unsupported,
			"needs WebAssembly that is not supported: export section, byte 13: tag of exception handling"},
		{"two memories", file(section(wasm.SectionMemory, 2, 0, 1, 0, 1)), wasm.Unsupported,
			"needs WebAssembly that is not supported: memory section, byte 13: multiple memories"},
		{"a shared memory", file(section(wasm.SectionMemory, 1, 3, 1, 1)), wasm.Unsupported,
			"needs WebAssembly that is not supported: memory section, byte 11: shared memory"},
		{"a memory of 64 bits", file(section(wasm.SectionMemory, 1, 4, 1)), wasm.Unsupported,
			"needs WebAssembly that is not supported: memory section, byte 11: memory of 64 bits"},
		{"a memory of 5 GiB", file(section(wasm.SectionMemory, 1, 1, 1, 0x80, 0x80, 0x05)), wasm.Malformed,
			"is malformed WebAssembly: memory section, byte 11: memory of 1 to 81920 pages, at most 65536 can be addressed"},
		{"a start function with a result", file(section(wasm.SectionType, 1, 0x60, 0, 1, 0x7f), section(wasm.SectionFunction, 1, 0), section(wasm.SectionStart, 0)),
			wasm.Malformed, "is malformed WebAssembly: start section, byte 21: start function of type () i32, expected ()"},
		{"a constant that computes", file(section(wasm.SectionGlobal, 1, 0x7f, 0, 0x41, 1, 0x41, 2, 0x6a, 0x0b)), wasm.Malformed,
			"is malformed WebAssembly: global section, byte 15: constant expression of more than one instruction"},
		{"a constant that calls", file(section(wasm.SectionGlobal, 1, 0x7f, 0, 0x10, 0, 0x0b)), wasm.Malformed,
			"is malformed WebAssembly: global section, byte 13: instruction 0x10 in a constant expression"},

		{"an unknown instruction", function(0x27, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 42: unknown instruction 0x27"},
		{"an atomic instruction", function(0xfe, 3, 0, 0x0b), wasm.Unsupported,
			"needs WebAssembly that is not supported: code section, function 0, byte 42: instruction 0xfe of threads"},
		{"a tail call", function(0x01, 0x12, 0, 0x0b), wasm.Unsupported,
			"needs WebAssembly that is not supported: code section, function 0, byte 43: instruction 0x12 of tail calls"},
		{"try", function(0x1f, 0x40, 0, 0x0b, 0x0b), wasm.Unsupported,
			"needs WebAssembly that is not supported: code section, function 0, byte 42: instruction 0x1f of exception handling"},
		{"relaxed SIMD", function(0xfd, 0x80, 0x02, 0x0b), wasm.Unsupported,
			"needs WebAssembly that is not supported: code section, function 0, byte 42: instruction 0xfd 256 of relaxed SIMD"},
		{"a hole among SIMD", function(0xfd, 0x9a, 0x01, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 42: unknown instruction 0xfd 154"},
		{"struct.new", function(0xfb, 0, 0, 0x0b), wasm.Unsupported,
			"needs WebAssembly that is not supported: code section, function 0, byte 42: instruction 0xfb of garbage collection"},
		{"another memory", function(0x3f, 1, 0x1a, 0x0b), wasm.Unsupported,
			"needs WebAssembly that is not supported: code section, function 0, byte 42: access to memory 1 (multiple memories)"},
		{"a load of another memory", function(0x41, 0, 0x28, 0x42, 1, 0, 0x1a, 0x0b), wasm.Unsupported,
			"needs WebAssembly that is not supported: code section, function 0, byte 44: access to a memory by number (multiple memories)"},
		{"a load that claims too much alignment", function(0x41, 0, 0x28, 3, 0, 0x1a, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 44: alignment of 2^3 for an access of 2^2 bytes"},
		{"a load without a memory", file(emptyType, section(wasm.SectionFunction, 1, 0), section(wasm.SectionCode, 1, 8, 0, 0x41, 0, 0x28, 0, 0, 0x1a, 0x0b)),
			wasm.Malformed, "is malformed WebAssembly: code section, function 0, byte 25: memory 0, there are 0"},
		{"no end", function(0x01), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 43: it ends in the middle of an entry"},
		{"instructions behind the end", function(0x0b, 0x01), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 43: 1 bytes behind the final end"},
		{"else in a block", function(0x02, 0x40, 0x05, 0x0b, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 44: else without if"},
		{"else twice", function(0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0b, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 47: else without if"},
		{"a branch too far", function(0x02, 0x40, 0x0c, 2, 0x0b, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 44: label 2 in 1 blocks"},
		{"a table of branches too far", function(0x41, 0, 0x0e, 1, 0, 1, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 44: label 1 in 0 blocks"},
		{"a block of an unknown type", function(0x02, 0x6e, 0x0b, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 42: block of unknown type -18"},
		{"an unknown local", function(0x20, 0, 0x1a, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 42: local 0, there are 0"},
		{"an unknown global", function(0x41, 0, 0x24, 1, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 44: global 1, there are 1"},
		{"an unknown function", function(0x10, 1, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 42: function 1, there are 1"},
		{"an unknown table", function(0x41, 0, 0x11, 0, 1, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 44: table 1, there are 1"},
		{"memory.init without a data count", function(0xfc, 8, 0, 0, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 42: counted data segment 0, there are -1"},
		{"a lane too far", function(0xfd, 27, 4, 0x0b), wasm.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 42: lane 4 of 4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := wasm.Decode(c.file, wasm.DefaultLimits())
			if err == nil {
				t.Fatalf("Decode(%x) gave no error, want %s", c.file, c.want)
			}
			if got := err.Error(); got != c.want {
				t.Errorf("Decode(%x):\n got %s\nwant %s", c.file, got, c.want)
			}
			var e *wasm.Error
			if !errors.As(err, &e) || e.Kind != c.kind {
				t.Errorf("Decode(%x) = %#v, want an Error of kind %d", c.file, err, c.kind)
			}
		})
	}
}

// TestDecodeTruncated cuts modules at every byte: a cut is an error unless it
// is between sections, and never reads beyond the end.
func TestDecodeTruncated(t *testing.T) {
	for _, file := range fixtures(t) {
		m, err := wasm.Decode(file, wasm.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		for n := range file {
			_, err := wasm.Decode(file[:n:n], wasm.DefaultLimits())
			between := slices.ContainsFunc(m.Sections, func(s wasm.Section) bool { return s.End == n })
			if err == nil && n != 8 && !between {
				t.Errorf("Decode of the first %d of %d bytes gave no error", n, len(file))
			}
		}
	}
}

// fixtures are the small guests of the package guest.
func fixtures(t testing.TB) [][]byte {
	t.Helper()
	names, err := filepath.Glob("../guest/testdata/*.wasm")
	if err != nil || len(names) < 10 {
		t.Fatalf("fixtures: %v, %v", names, err)
	}
	files := make([][]byte, len(names))
	for i, name := range names {
		if files[i], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func FuzzDecode(f *testing.F) {
	for _, file := range fixtures(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := wasm.Decode(file, wasm.DefaultLimits())
		switch {
		case (m == nil) == (err == nil):
			t.Errorf("Decode = %v, %v: want one of the two", m, err)
		case err != nil && strings.Contains(err.Error(), "\n"):
			t.Errorf("Decode: the error %q is more than a sentence", err)
		case err == nil:
			m.FunctionNames()
			walk(t, m)
		}
	})
}

// walk checks that a cursor sees what Decode counted.
func walk(t *testing.T, m *wasm.Module) {
	t.Helper()
	var c wasm.Cursor
	for i, code := range m.Code {
		n := 0
		for c.Reset(m, code); c.Next(); n++ {
		}
		if n != code.Count || c.End() != code.End {
			t.Errorf("code %d: a cursor saw %d instructions up to %d, Decode %d up to %d", i, n, c.End(), code.Count, code.End)
		}
	}
}
