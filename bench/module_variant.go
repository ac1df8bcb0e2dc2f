// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"slices"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// variant returns the module with one more function, which nobody calls: another
// one for each n below 2^20. So its code is not that of the others, as if somebody
// had changed the program. If only data or custom sections differed, the host would
// compile the same twice, and have it in memory once.
func variant(module []byte, n int) []byte {
	const header = 8
	out := slices.Clone(module[:header])
	for at := header; at < len(module); {
		size, width := binary.Uvarint(module[at+1:])
		start := at + 1 + width
		end := start + int(size)
		switch id, content := module[at], module[start:end]; id {
		case wasm.SectionFunction:
			out = appendSection(out, id, oneMore(content, []byte{0})) // of the first type
		case wasm.SectionCode:
			out = appendSection(out, id, oneMore(content, uncalled(n)))
		default:
			out = append(out, module[at:end]...)
		}
		at = end
	}
	return out
}

// uncalled is the body of a function of any type, with its size.
func uncalled(n int) []byte {
	const noLocals, i32Const, drop, unreachable, end = 0, 0x41, 0x1a, 0x00, 0x0b
	return []byte{
		8, noLocals,
		i32Const, byte(n) | 0x80, byte(n>>7) | 0x80, byte(n>>14) & 0x3f, drop,
		unreachable, end,
	}
}

// oneMore adds an entry to a list of them.
func oneMore(list, entry []byte) []byte {
	entries, width := binary.Uvarint(list)
	return slices.Concat(binary.AppendUvarint(nil, entries+1), list[width:], entry)
}

func appendSection(out []byte, id byte, content []byte) []byte {
	return append(binary.AppendUvarint(append(out, id), uint64(len(content))), content...)
}
