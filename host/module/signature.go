// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"strings"

	"github.com/tetratelabs/wazero/api"
)

// Signature is the type of a function as the specification writes it: the
// types of the parameters in parentheses, then those of the results.
// "(i32 i32) i64" takes two numbers and returns one, "()" neither.
type Signature string

// types returns the signature as wazero takes it. It is only for signatures
// of this package's tables, whose types are numbers.
func (s Signature) types() (params, results []api.ValueType) {
	inside, behind, _ := strings.Cut(strings.TrimPrefix(string(s), "("), ")")
	return numberTypes(inside), numberTypes(behind)
}

func numberTypes(names string) []api.ValueType {
	var types []api.ValueType
	for name := range strings.FieldsSeq(names) {
		switch name {
		case "i32":
			types = append(types, api.ValueTypeI32)
		case "i64":
			types = append(types, api.ValueTypeI64)
		}
	}
	return types
}
