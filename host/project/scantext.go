// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"encoding/binary"
	"math/bits"
)

// skipString skips the rest of a string; i is behind its opening quote.
func skipString(data []byte, i int) int {
	for i+8 <= len(data) {
		match := special(binary.LittleEndian.Uint64(data[i:]))
		if match == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(match) >> 3
		if data[i] == '"' {
			return i + 1
		}
		if i = skipEscape(data, i); i < 0 {
			return i
		}
	}
	return skipStringEnd(data, i)
}

// skipStringEnd is skipString where less than eight bytes are left.
func skipStringEnd(data []byte, i int) int {
	for i < len(data) && data[i] != '"' {
		if !isSpecial(data[i]) {
			i++
		} else if i = skipEscape(data, i); i < 0 {
			return i
		}
	}
	if i >= len(data) {
		return ^i
	}
	return i + 1
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special looks at eight bytes at once for a quote, a backslash or a control
// character. The lowest bit of the result that is set is in the first of them.
func special(x uint64) uint64 {
	// Each term has the high bit of a byte set if that byte matches. A borrow
	// can set bits only above a true match.
	quote := x ^ ones*'"'
	slash := x ^ ones*'\\'
	return (((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((x - ones*' ') &^ x)) & highs
}

func isSpecial(c byte) bool { return c == '"' || c == '\\' || c < ' ' }

// plainText returns the index of the first special byte at or behind i, which
// may be the length of data, and whether all bytes before it are ASCII.
func plainText(data []byte, i int) (end int, ascii bool) {
	seen := uint64(0)
	for ; i+8 <= len(data); i += 8 {
		x := binary.LittleEndian.Uint64(data[i:])
		if match := special(x); match != 0 {
			before := match&-match - 1 // the bits below that of the match
			return i + bits.TrailingZeros64(match)>>3, (seen|x&before)&highs == 0
		}
		seen |= x
	}
	for i < len(data) && !isSpecial(data[i]) {
		seen |= uint64(data[i])
		i++
	}
	return i, seen&highs == 0 && seen&0x80 == 0
}

// skipEscape skips an escape sequence; a backslash must be at i.
func skipEscape(data []byte, i int) int {
	if data[i] != '\\' {
		return ^i // a control character
	}
	switch at(data, i+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if !isHex(at(data, j)) {
				return ^j
			}
		}
		return i + 6
	}
	return ^i
}

func isHex(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
}
