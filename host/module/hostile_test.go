// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// allocated returns how many bytes were allocated meanwhile, by everybody.
func allocated(do func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// TestHostileModules brings what would hurt a host that trusts numbers to the
// door. What is refused costs less memory than its bytes; what is compiled, by
// a child, costs the host in proportion to its size.
func TestHostileModules(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x0f} // as a number
	named := func(name string, size int) []byte {
		return slices.Concat(moduletest.Vector([]byte(name)), make([]byte, size))
	}
	for _, c := range []struct {
		name   string
		module moduletest.Sections
		want   string // the refusal; empty: it is compiled
	}{
		{"a type section of 2³² entries", moduletest.Plugin().With(moduletest.Types, huge),
			"is malformed WebAssembly: type section, byte 15: 4294967295 types declared, 0 bytes are left"},
		{"a type of 2³² parameters", moduletest.Plugin().With(moduletest.Types, append([]byte{1, 0x60}, huge...)),
			"is malformed WebAssembly: type section, byte 17: 4294967295 parameters declared, 0 bytes are left"},
		{"2³² locals", moduletest.Plugin(moduletest.Vector(slices.Concat([]byte{1}, huge, []byte{0x7e, 0x0b}))),
			"is over a limit: code section, function 4, byte 130: 4294967295 locals, at most 5000 are allowed"},
		{"a table of 128 Mi entries in a few bytes", moduletest.Plugin().With(moduletest.Tables, []byte{1, 0x70, 0, 0x80, 0x80, 0x80, 0x40}),
			"is over a limit: table section, byte 45: 134217728 entries of tables, at most 1000000 are allowed"},
		{"a table of a million entries", moduletest.Plugin().With(moduletest.Tables, slices.Concat([]byte{1, 0x70, 0}, moduletest.Number(1_000_000))), ""},
		{"100,000 functions", moduletest.Plugin(slices.Repeat([][]byte{moduletest.Function(0)}, 100_000)...), ""},
		{"a name section of 10 MB", moduletest.Plugin().With(moduletest.Custom, named("name", 10_000_000)), ""},
		{"a custom section of 40 MiB", moduletest.Plugin().With(moduletest.Custom, named("junk", 40<<20)),
			"is over a limit: custom section, byte 133: 41943045 bytes of custom sections, at most 33554432 are allowed"},
		{"64 MiB", sized(64 << 20), ""},
		{"a byte more than 64 MiB", sized(64<<20 + 1), "is over a limit: 67108865 bytes, at most 67108864 are allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, dir := c.module.Bytes(), t.TempDir()
			compiler := open(t, module.Options{CacheDir: dir, Child: compileChild})
			var m *module.Module
			var err error
			cost := allocated(func() { m, err = compiler.Compile(t.Context(), file) })
			if err == nil {
				err = m.Close(t.Context())
			}
			_, refused := errors.AsType[*module.RefusedError](err)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("Compile: %v, want none", err)
			case c.want != "" && (!refused || err.Error() != c.want):
				t.Errorf("Compile: %v, want the refusal %q", err, c.want)
			}
			most := 1 << 20
			if !refused {
				most += 100 * len(file)
			}
			if cost > most {
				t.Errorf("Compile of %d bytes allocated %d bytes, want %d at most", len(file), cost, most)
			}
			leftNothing(t, dir)
		})
	}
}

// sized returns a plugin whose file has so many bytes, with one data segment.
func sized(size int) moduletest.Sections {
	content := size
	for {
		p := moduletest.Plugin().With(moduletest.Data, moduletest.List(append([]byte{1}, moduletest.Vector(make([]byte, content))...)))
		over := len(p.Bytes()) - size
		if over == 0 {
			return p
		}
		content -= over
	}
}

// fixtures are small modules of all kinds.
func fixtures(f *testing.F) [][]byte {
	f.Helper()
	names, err := filepath.Glob("../*/testdata/*.wasm")
	if err != nil || len(names) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	files := make([][]byte, len(names))
	for i, name := range names {
		if files[i], err = os.ReadFile(name); err != nil {
			f.Fatal(err)
		}
	}
	return files
}

// FuzzInspect looks for files that make the host panic, allocate out of
// proportion, or talk nonsense.
func FuzzInspect(f *testing.F) {
	for _, file := range fixtures(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var info *module.Info
		var err error
		cost := allocated(func() { info, err = module.Inspect(file, limits) })
		_, refused := errors.AsType[*module.RefusedError](err)
		switch {
		case (info == nil) == (err == nil):
			t.Errorf("Inspect = %v, %v: want one of the two", info, err)
		case err != nil && !refused:
			t.Errorf("Inspect: %v, want a refusal", err)
		case err != nil && (strings.ContainsAny(err.Error(), "\n") || len(err.Error()) > 100_000):
			t.Errorf("Inspect: the error %q is more than a sentence", err)
		case cost > 1<<20+2000*len(file):
			t.Errorf("Inspect allocated %d bytes for %d", cost, len(file))
		}
	})
}

// FuzzCompile compiles a plugin with one more function, whose body is the
// input. That ends with code or with a refusal, whatever the compiler does.
func FuzzCompile(f *testing.F) {
	for _, file := range fixtures(f) {
		m, err := wasm.Decode(file, limits)
		if err != nil {
			continue // one of those that are for the decoder
		}
		for _, code := range m.Code {
			f.Add(file[code.Start:code.End])
		}
	}
	small := limits // so that no compilation takes long
	small.Locals, small.Blocks, small.LoopDepth = 50, 50, 10
	c := open(f, module.Options{Limits: small})
	f.Fuzz(func(t *testing.T, body []byte) {
		file := moduletest.Plugin(moduletest.Vector(body)).Bytes()
		var m *module.Module
		var err error
		cost := allocated(func() { m, err = c.Compile(t.Context(), file) })
		if err == nil {
			err = m.Close(t.Context())
		}
		_, refused := errors.AsType[*module.RefusedError](err)
		switch {
		case err != nil && !refused:
			t.Errorf("Compile: %v, want a refusal", err)
		case cost > 256<<20:
			t.Errorf("Compile allocated %d bytes for %d", cost, len(file))
		}
	})
}
