// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"unicode/utf8"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// maxName is how many bytes of a function's name are kept.
const maxName = 200

// names appends the names of functions, if the module has any.
func (r *rewriter) names(out []byte) []byte {
	names := r.m.FunctionNames()
	if len(names) == 0 {
		return out
	}
	var entries []byte
	n := len(names) + 1 + len(r.helpers)
	add := func(function uint32, text string) {
		entries = uleb(entries, int(function))
		entries = name(entries, text)
	}
	i := 0
	for ; i < len(names) && names[i].Function < r.yield; i++ {
		add(names[i].Function, shortened(names[i].Name))
	}
	add(r.yield, ImportModule+"."+ImportYield)
	for ; i < len(names); i++ {
		add(r.function(names[i].Function), shortened(names[i].Name))
	}
	for i, h := range r.helpers {
		add(r.function(uint32(len(r.m.Functions)+i)), h.name)
	}
	functions := section(nil, wasm.NameFunctions, n, entries)
	content := append(name(nil, wasm.NameSection), functions...)
	out = append(out, wasm.SectionCustom)
	out = uleb(out, len(content))
	return append(out, content...)
}

// shortened cuts a name where a character ends.
func shortened(s string) string {
	if len(s) <= maxName {
		return s
	}
	end := maxName
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
