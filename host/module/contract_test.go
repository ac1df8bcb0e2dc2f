// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// TestWASIFunctions holds the table to the functions that wazero really has.
func TestWASIFunctions(t *testing.T) {
	r := wazero.NewRuntime(t.Context())
	defer func() { _ = r.Close(t.Context()) }()
	compiled, err := wasi_snapshot_preview1.NewBuilder(r).Compile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Signature{}
	for name, f := range compiled.ExportedFunctions() {
		want[name] = functionType{params: f.ParamTypes(), results: f.ResultTypes()}.signature()
	}
	if d := cmp.Diff(want, wasiFunctions); d != "" {
		t.Errorf("wasiFunctions differ from wazero's (-wazero +ours):\n%s", d)
	}
}

func TestSignatureTypes(t *testing.T) {
	for _, s := range []Signature{"()", "(i32)", "() i64", "(i32 i64 i32) i32"} {
		params, results := s.types()
		if got := (functionType{params: params, results: results}).signature(); got != s {
			t.Errorf("types of %q give the signature %q", s, got)
		}
	}
}
