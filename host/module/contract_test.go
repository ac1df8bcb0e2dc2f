// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/wasm-controller-manager/wcm/host/wasm"
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
		want[name] = signature(f.ParamTypes(), f.ResultTypes())
	}
	if d := cmp.Diff(want, wasiFunctions); d != "" {
		t.Errorf("wasiFunctions differ from wazero's (-wazero +ours):\n%s", d)
	}
}

func TestSignatureTypes(t *testing.T) {
	for _, s := range []Signature{"()", "(i32)", "() i64", "(i32 i64 i32) i32"} {
		params, results := s.types()
		if got := signature(params, results); got != s {
			t.Errorf("types of %q give the signature %q", s, got)
		}
	}
}

func signature(params, results []api.ValueType) Signature {
	var t wasm.FuncType
	for _, p := range params {
		t.Params = append(t.Params, wasm.ValueType(p))
	}
	for _, r := range results {
		t.Results = append(t.Results, wasm.ValueType(r))
	}
	return Signature(t.String())
}
