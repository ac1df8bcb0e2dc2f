// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"encoding/binary"
	"math/bits"
)

// maxNesting bounds how deep a JSON document may nest, as encoding/json does.
const maxNesting = 10_000

// nesting remembers for each open bracket whether it was a brace.
type nesting [(maxNesting + 63) / 64]uint64

func (n *nesting) push(depth int, brace bool) {
	bit := uint64(1) << (depth & 63)
	if brace {
		n[depth>>6] |= bit
	} else {
		n[depth>>6] &^= bit
	}
}

func (n *nesting) brace(depth int) bool { return n[depth>>6]>>(depth&63)&1 == 1 }

// The scan functions take an index into data and return the index behind what
// they scanned. A negative result is the complement of the index at which the
// text stops being JSON.

// skipSpace returns the index of the first byte at or behind i that is no
// white space, which may be the length of data.
func skipSpace(data []byte, i int) int {
	for i < len(data) && data[i] <= ' ' && isSpace(data[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// at returns the byte at i, or 0, which no JSON token has, behind the end.
func at(data []byte, i int) byte {
	if i < len(data) {
		return data[i]
	}
	return 0
}

// skipValue skips one value, which starts at or behind i. It is a loop and
// not recursive, so that a hostile document cannot exhaust the stack.
func skipValue(data []byte, i int, open *nesting) int {
	depth := 0
	for {
		i = skipSpace(data, i)
		c := at(data, i)
		switch {
		case c == '"':
			i = skipString(data, i+1)
		case c == '{' || c == '[':
			next := skipSpace(data, i+1)
			if at(data, next) == c+2 { // '}' is '{'+2 and ']' is '['+2
				i = next + 1
				break
			}
			if depth == maxNesting {
				return ^i
			}
			open.push(depth, c == '{')
			depth++
			if c == '[' {
				i = next
				continue
			}
			if i = skipKey(data, next); i < 0 {
				return i
			}
			continue
		default:
			i = skipLiteral(data, i)
		}
		if i < 0 || depth == 0 {
			return i
		}
		if i, depth = skipClosing(data, i, open, depth); i < 0 || depth == 0 {
			return i
		}
	}
}

// skipClosing is called behind a value inside of an object or array. It skips
// closing brackets until a comma, and the key that follows it.
func skipClosing(data []byte, i int, open *nesting, depth int) (next, newDepth int) {
	for depth > 0 {
		i = skipSpace(data, i)
		brace := open.brace(depth - 1)
		switch c := at(data, i); {
		case c == ',' && brace:
			return skipKey(data, skipSpace(data, i+1)), depth
		case c == ',':
			return i + 1, depth
		case c == '}' && brace, c == ']' && !brace:
			i++
			depth--
		default:
			return ^i, depth
		}
	}
	return i, 0
}

// skipKey skips a key and its colon; i is where the key's quote must be.
func skipKey(data []byte, i int) int {
	if at(data, i) != '"' {
		return ^i
	}
	if i = skipString(data, i+1); i < 0 {
		return i
	}
	if i = skipSpace(data, i); at(data, i) != ':' {
		return ^i
	}
	return i + 1
}

// skipString skips the rest of a string; i is behind its opening quote.
func skipString(data []byte, i int) int {
	for {
		i = plain(data, i)
		switch at(data, i) {
		case '"':
			return i + 1
		case '\\':
			if i = skipEscape(data, i); i < 0 {
				return i
			}
		default:
			return ^i
		}
	}
}

// plain returns the index of the first byte at or behind i that is a quote, a
// backslash or a control character, eight bytes at a time.
func plain(data []byte, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for ; i+8 <= len(data); i += 8 {
		x := binary.LittleEndian.Uint64(data[i:])
		// Each line has the high bit of a byte set if that byte matches. A
		// borrow can set bits only above a true match, and we take the lowest.
		quote := x ^ ones*'"'
		slash := x ^ ones*'\\'
		match := ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((x - ones*' ') &^ x)
		if match &= highs; match != 0 {
			return i + bits.TrailingZeros64(match)>>3
		}
	}
	for i < len(data) && data[i] != '"' && data[i] != '\\' && data[i] >= ' ' {
		i++
	}
	return i
}

// skipEscape skips an escape sequence; i is at its backslash.
func skipEscape(data []byte, i int) int {
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

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// skipLiteral skips true, false, null or a number.
func skipLiteral(data []byte, i int) int {
	word := ""
	switch at(data, i) {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	case 'n':
		word = "null"
	default:
		return skipNumber(data, i)
	}
	if len(data)-i < len(word) || string(data[i:i+len(word)]) != word {
		return ^i
	}
	return i + len(word)
}

func skipNumber(data []byte, i int) int {
	if at(data, i) == '-' {
		i++
	}
	if at(data, i) == '0' {
		i++
	} else if i = skipDigits(data, i); i < 0 {
		return i
	}
	if at(data, i) == '.' {
		if i = skipDigits(data, i+1); i < 0 {
			return i
		}
	}
	if at(data, i)|0x20 == 'e' {
		i++
		if c := at(data, i); c == '+' || c == '-' {
			i++
		}
		return skipDigits(data, i)
	}
	return i
}

// skipDigits skips digits, of which there must be one.
func skipDigits(data []byte, i int) int {
	start := i
	for isDigit(at(data, i)) {
		i++
	}
	if i == start {
		return ^i
	}
	return i
}
