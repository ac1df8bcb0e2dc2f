// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm_test

import (
	"encoding/binary"
	"slices"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// file joins sections to a module.
func file(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x01\x00\x00\x00"), slices.Concat(sections...)...)
}

// section is a section of the given content.
func section(id byte, content ...byte) []byte {
	return append([]byte{id}, sized(content)...)
}

// entries is a section of n entries.
func entries(id byte, n int, entry ...byte) []byte {
	return section(id, append(uleb(n), slices.Repeat(entry, n)...)...)
}

// sized puts its length before the content.
func sized(content []byte) []byte { return append(uleb(len(content)), content...) }

func uleb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// name is a string with its length.
func name(s string) []byte { return sized([]byte(s)) }

// Sections that most tests need.
var (
	emptyType = section(wasm.SectionType, 1, 0x60, 0, 0) // one type: ()
	oneTable  = section(wasm.SectionTable, 1, 0x70, 0, 1)
	oneMemory = section(wasm.SectionMemory, 1, 0, 1)
)

// function is a module with one function of type () and this code, a table, a
// memory and a global of type i32 that can be set.
func function(code ...byte) []byte { return functionLocals([]byte{0}, code...) }

// functionLocals is the same with groups of locals.
func functionLocals(locals []byte, code ...byte) []byte {
	return file(emptyType, section(wasm.SectionFunction, 1, 0), oneTable, oneMemory,
		section(wasm.SectionGlobal, 1, 0x7f, 1, 0x41, 0, 0x0b),
		section(wasm.SectionCode, append([]byte{1}, sized(append(locals, code...))...)...))
}
