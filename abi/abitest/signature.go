// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abitest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/abi"
)

// signature is the type of a function.
type signature struct{ params, results []api.ValueType }

// String renders it as the specification does: "(i32, i32) -> i64".
func (s signature) String() string { return typeNames(s.params) + " -> " + typeNames(s.results) }

func typeNames(types []api.ValueType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = api.ValueTypeName(t)
	}
	return "(" + strings.Join(names, ", ") + ")"
}

func signatureOf(f api.FunctionDefinition) signature {
	return signature{f.ParamTypes(), f.ResultTypes()}
}

const i32, i64 = api.ValueTypeI32, api.ValueTypeI64

// guestExports are the functions of a guest's side of the contract.
var guestExports = []struct {
	name      string
	signature signature
	required  bool
}{
	{abi.Marker, signature{}, true},
	{abi.ExportInitialize, signature{}, false},
	{abi.ExportRenew, signature{nil, []api.ValueType{i32}}, false},
	{abi.ExportAlloc, signature{[]api.ValueType{i32}, []api.ValueType{i32}}, true},
	{abi.ExportDescribe, signature{nil, []api.ValueType{i64}}, true},
	{abi.ExportConfigure, signature{[]api.ValueType{i32, i32}, []api.ValueType{i64}}, false},
	{abi.ExportReconcile, signature{[]api.ValueType{i32, i32}, []api.ValueType{i64}}, true},
	{abi.ExportMap, signature{[]api.ValueType{i32, i32}, []api.ValueType{i64}}, false},
	{abi.ExportGC, signature{}, false},
}

// operationSignature returns the type of a host function.
func operationSignature(op abi.Operation) signature {
	switch op {
	case abi.OpLogEnabled:
		return signature{[]api.ValueType{i32}, []api.ValueType{i32}}
	case abi.OpTake:
		return signature{[]api.ValueType{i32, i32}, []api.ValueType{i64}}
	}
	return signature{[]api.ValueType{i32, i32, i32, i32}, []api.ValueType{i64}}
}

// exportProblems returns what is wrong with a module's exports.
func exportProblems(m wazero.CompiledModule) (problems []string) {
	functions := m.ExportedFunctions()
	for _, want := range guestExports {
		f, exists := functions[want.name]
		switch {
		case !exists && want.required:
			problems = append(problems, "no export "+want.name)
		case exists && signatureOf(f).String() != want.signature.String():
			problems = append(problems, fmt.Sprintf("export %s is %s, want %s", want.name, signatureOf(f), want.signature))
		}
	}
	if _, exists := m.ExportedMemories()[abi.Memory]; !exists {
		problems = append(problems, "no exported memory "+abi.Memory)
	}
	if _, exists := functions["_start"]; exists {
		problems = append(problems, "export _start: a guest is a reactor, not a command")
	}
	return problems
}

// importProblems returns what is wrong with a module's imports.
func importProblems(m wazero.CompiledModule) (problems []string) {
	known := map[string]signature{}
	for op := range abi.Operation(abi.Operations) {
		known[op.String()] = operationSignature(op)
	}
	for _, f := range m.ImportedFunctions() {
		module, name, _ := f.Import()
		want, isOperation := known[name]
		switch {
		case module == "wasi_snapshot_preview1":
		case module != abi.ImportModule || !isOperation:
			problems = append(problems, fmt.Sprintf("import %s.%s: no host has it", module, name))
		case signatureOf(f).String() != want.String():
			problems = append(problems, fmt.Sprintf("import %s.%s is %s, want %s", module, name, signatureOf(f), want))
		}
	}
	slices.Sort(problems)
	return problems
}
