// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// read returns a fixture; they are shared with the package guest, which also
// checks that they are what their sources say.
func read(t testing.TB, name string) []byte {
	t.Helper()
	return hosttest.Fixture(t, name)
}

var limits = wasm.DefaultLimits()

func TestInspect(t *testing.T) {
	wasm := read(t, "operates")
	got, err := module.Inspect(wasm, limits)
	if err != nil {
		t.Fatalf("Inspect(operates.wasm): %v", err)
	}
	want := &module.Info{
		Digest: module.DigestOf(wasm),
		Size:   len(wasm),
		ABI:    1,
		Imports: []module.Function{
			{Module: "wcm_v1", Name: "get", Signature: "(i32 i32 i32 i32) i64"},
			{Module: "wcm_v1", Name: "take", Signature: "(i32 i32) i64"},
		},
		Exports: []module.Function{
			{Name: "wcm_abi_v1", Signature: "()"},
			{Name: "wcm_alloc", Signature: "(i32) i32"},
			{Name: "wcm_describe", Signature: "() i64"},
			{Name: "wcm_reconcile", Signature: "(i32 i32) i64"},
		},
		Memory: module.Memory{MinPages: 3},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Inspect(operates.wasm) (-want +got):\n%s", d)
	}
}

func TestDigestShort(t *testing.T) {
	d := module.DigestOf([]byte("abc"))
	if got, want := string(d), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; got != want {
		t.Errorf("DigestOf(abc) = %q, want %q", got, want)
	}
	if got, want := d.Short(), "ba7816bf8f01"; got != want {
		t.Errorf("DigestOf(abc).Short() = %q, want %q", got, want)
	}
}

// TestInspectRefuses holds the exact sentences, since they are what a plugin's
// author has to go by.
func TestInspectRefuses(t *testing.T) {
	minimal := read(t, "minimal")
	for _, c := range []struct {
		name   string
		wasm   []byte
		reason module.Reason
		want   string
	}{
		{"an empty file", nil, module.NotWasm,
			"is empty, expected a WebAssembly module"},
		{"a text file", []byte("apiVersion: v1\n"), module.NotWasm,
			`is no WebAssembly module: starts with "apiVersi", expected "\0asm"`},
		{"half a header", minimal[:6], module.Truncated,
			"is truncated: 6 bytes, the header alone takes 8"},
		{"an incomplete upload", minimal[:len(minimal)/2], module.Truncated,
			"is truncated: the code section declares 27 bytes, 6 are left"},
		{"cut inside a section's size", minimal[:9], module.Truncated,
			"is truncated: it ends at byte 9 inside the header of a section"},
		{"a component", []byte("\x00asm\x0d\x00\x01\x00"), module.NotWasm,
			"is a WebAssembly component, not a core module: build it for wasip1 instead of wasip2"},
		{"a later binary format", []byte("\x00asm\x02\x00\x00\x00"), module.NotWasm,
			"has version 2 of the binary format, expected 1"},
		{"cut before the code", upTo(minimal, 10), module.Truncated,
			"is truncated: it declares 4 functions and has the code of 0"},
		{"a program", read(t, "command"), module.WASICommand,
			"is a WASI command, not a plugin: build it as a reactor, for Go with -buildmode=c-shared"},
		{"another project's module", read(t, "unmarked"), module.OtherVersion,
			"exports no wcm_abi_v1: it is no plugin"},
		{"a plugin of the future", read(t, "version7"), module.OtherVersion,
			"speaks ABI version 7, this host speaks 1"},
		{"imports that do not exist, all listed", read(t, "imports_unknown"), module.ImportsDiffer,
			"imports what this host does not have: env.abort (i32 i32), wcm_v1.teleport (i32) i64, " +
				"wasi_snapshot_preview1.sock_open () i32, env.shared a table"},
		{"imports by other signatures, all listed", read(t, "imports_wrong"), module.ImportsDiffer,
			"imports with a wrong signature: wcm_v1.get (i32 i32) i64 instead of (i32 i32 i32 i32) i64, " +
				"wcm_v1.log_enabled a global instead of (i32) i32, " +
				"wasi_snapshot_preview1.proc_exit (i64) instead of (i32)"},
		{"exports missing, all listed", read(t, "exports_missing"), module.ExportsDiffer,
			"lacks exports: wcm_alloc (i32) i32, wcm_describe () i64, wcm_reconcile (i32 i32) i64"},
		{"exports with other signatures, also optional ones", read(t, "exports_wrong"), module.ExportsDiffer,
			"exports with a wrong signature: wcm_describe () i32 instead of () i64, " +
				"wcm_reconcile a global instead of (i32 i32) i64, wcm_gc () i32 instead of ()"},
		{"memory not exported", read(t, "memory_missing"), module.ExportsDiffer,
			`exports no memory: expected one of the name "memory"`},
		{"something else exported as memory", read(t, "memory_none"), module.ExportsDiffer,
			`exports no memory: expected one of the name "memory"`},
		{"an unknown section", append(minimal[:8:8], 14, 0), module.Malformed,
			"is malformed WebAssembly: byte 8: unknown section 14"},
		{"a count that would take 4 GB", append(minimal[:8:8], 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f), module.Malformed,
			"is malformed WebAssembly: type section, byte 15: 4294967295 types declared, 0 bytes are left"},
		{"a 64-bit memory", append(minimal[:8:8], 5, 3, 1, 4, 1), module.Unsupported,
			"needs WebAssembly that is not supported: memory section, byte 11: memory of 64 bits"},
		{"a memory of 4 GiB", append(minimal[:8:8], 5, 5, 1, 0, 0x80, 0x80, 0x04), module.OverLimit,
			"is over a limit: memory section, byte 15: 65536 pages of memory, at most 16384 are allowed"},
		{"an import with a name that is no name", moduletest.Plugin().With(moduletest.Imports, moduletest.List(
			slices.Concat(moduletest.Vector([]byte("a\nb")), moduletest.Vector(bytes.Repeat([]byte{'x'}, 500)), []byte{3, 0x7f, 0}))).Bytes(), module.ImportsDiffer,
			"imports what this host does not have: a b." + strings.Repeat("x", 196)},
		{"more imports than anybody reads", moduletest.Plugin().With(moduletest.Imports, moduletest.List(
			slices.Repeat([][]byte{{0, 0, 3, 0x7f, 0}}, 1000)...)).Bytes(), module.ImportsDiffer,
			"imports what this host does not have: " + strings.TrimSuffix(strings.Repeat(". a global, ", 50), ", ") + " and 950 more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, err := module.Inspect(c.wasm, limits)
			if err == nil {
				t.Fatalf("Inspect gave %+v, want an error", info)
			}
			if got := err.Error(); got != c.want {
				t.Errorf("Inspect error:\n got %s\nwant %s", got, c.want)
			}
			var refused *module.RefusedError
			if !errors.As(err, &refused) || refused.Reason != c.reason {
				t.Errorf("Inspect error %#v, want a RefusedError of reason %q", err, c.reason)
			}
		})
	}
}

// TestInspectTruncated cuts a module at every byte: each cut is an error, and
// none of them reads beyond the end.
func TestInspectTruncated(t *testing.T) {
	wasm := read(t, "operates")
	for n := range wasm {
		_, err := module.Inspect(wasm[:n:n], limits)
		if err == nil && n != len(upTo(wasm, 11)) { // there the data begin, which may be missing
			t.Errorf("Inspect of the first %d of %d bytes gave no error", n, len(wasm))
		}
	}
}

// upTo returns the module up to the section with this number, for modules
// whose sections have less than 128 bytes.
func upTo(wasm []byte, section byte) []byte {
	at := 8
	for at < len(wasm) && wasm[at] != section {
		at += 2 + int(wasm[at+1])
	}
	return wasm[:at:at]
}

func BenchmarkInspect(b *testing.B) {
	wasm := read(b, "operates")
	b.SetBytes(int64(len(wasm)))
	for b.Loop() {
		if _, err := module.Inspect(wasm, limits); err != nil {
			b.Fatal(err)
		}
	}
}
