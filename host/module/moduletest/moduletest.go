// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package moduletest writes modules for tests, byte by byte: plugins that do
// nothing, and what hostile authors would add to them. It checks nothing, since
// tests want broken modules too, and is imported by tests only.
package moduletest

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
)

// The numbers of sections that tests replace.
const (
	Custom  = 0
	Types   = 1
	Imports = 2
	Tables  = 4
	Memory  = 5
	Data    = 11
)

// Bytes of the binary format.
const (
	i32, i64 = 0x7f, 0x7e

	opUnreachable = 0x00
	opLoop        = 0x03
	opEnd         = 0x0b
	opBrIf        = 0x0d
	opLocalGet    = 0x20
	opLocalSet    = 0x21
	opI64Eqz      = 0x50
	opI64Add      = 0x7c
	blockEmpty    = 0x40
)

// Sections are the contents of a module's sections by their number.
type Sections map[byte][]byte

// Plugin returns the sections of a module that keeps the contract and traps in
// each of its functions. The bodies are functions of type () behind those.
func Plugin(bodies ...[]byte) Sections {
	signatures := [][2][]byte{{{}, {}}, {{i32}, {i32}}, {{}, {i64}}, {{i32, i32}, {i64}}} // of the four functions in turn
	var types, functions, code [][]byte
	for i, s := range signatures {
		types = append(types, slices.Concat([]byte{0x60}, Vector(s[0]), Vector(s[1])))
		functions = append(functions, []byte{byte(i)})
		code = append(code, Function(0, opUnreachable))
	}
	for _, b := range bodies {
		functions = append(functions, []byte{0})
		code = append(code, b)
	}
	export := func(name string, kind, index byte) []byte { return append(Vector([]byte(name)), kind, index) }
	return Sections{
		Types:  List(types...),
		3:      List(functions...),
		Memory: List([]byte{0, 1}),
		7: List(export("wcm_abi_v1", 0, 0), export("wcm_alloc", 0, 1), export("wcm_describe", 0, 2),
			export("wcm_reconcile", 0, 3), export("memory", 2, 0)),
		10: List(code...),
	}
}

// With returns a copy in which a section is another.
func (s Sections) With(number byte, content []byte) Sections {
	replaced := maps.Clone(s)
	replaced[number] = content
	return replaced
}

// Bytes returns the module, with custom sections at its end.
func (s Sections) Bytes() []byte {
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	for _, number := range []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11, Custom} {
		if content, found := s[number]; found {
			wasm = append(append(wasm, number), Vector(content)...)
		}
	}
	return wasm
}

// Function returns an entry of the code section, with locals of type i64.
func Function(locals int, code ...byte) []byte {
	body := []byte{0}
	if locals > 0 {
		body = append(append([]byte{1}, Number(locals)...), i64)
	}
	return Vector(slices.Concat(body, code, []byte{opEnd}))
}

// Bombs returns functions within every limit whose compilation takes, each, a
// tenth of a second on one core: in each of 99 loops, one inside of the other,
// every one of 90 locals can have another value.
func Bombs(count int) [][]byte {
	return slices.Repeat([][]byte{nested(90, 99)}, count)
}

// nested returns a function whose compilation takes a time that grows with a
// power of its size.
func nested(locals, loops int) []byte {
	var code []byte
	for i := range loops {
		a, b := Number(i%locals), Number((i*7+3)%locals)
		code = slices.Concat(code, []byte{opLoop, blockEmpty, opLocalGet}, a, []byte{opLocalGet}, b, []byte{opI64Add, opLocalSet}, b)
	}
	for i := range loops {
		code = slices.Concat(code, []byte{opLocalGet}, Number(i%locals), []byte{opI64Eqz, opBrIf, 0, opEnd})
	}
	return Function(locals, code...)
}

// Number returns an unsigned number as it stands in modules.
func Number(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// Vector returns bytes behind their number.
func Vector(content []byte) []byte { return append(Number(len(content)), content...) }

// List returns entries behind their number.
func List(entries ...[]byte) []byte {
	return append(Number(len(entries)), bytes.Join(entries, nil)...)
}
