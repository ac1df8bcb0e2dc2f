// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"encoding/binary"
	"math/bits"
)

// maxNesting bounds how deep a JSON document may nest, as encoding/json does.
const maxNesting = 10_000

// brackets is the stack of open brackets, one bit each, set for a brace. The
// upper 64 are in top, so that shallow documents stay in a register.
type brackets struct {
	top   uint64
	depth int
	below *nesting
}

// nesting holds what does not fit into brackets.top.
type nesting [maxNesting / 64]uint64

// push returns false if the document nests too deeply.
func (b *brackets) push(brace bool) bool {
	if b.depth&63 == 0 && b.depth > 0 {
		if b.depth > maxNesting {
			return false
		}
		b.below[b.depth>>6-1] = b.top
	}
	b.depth++
	b.top <<= 1
	if brace {
		b.top |= 1
	}
	return true
}

func (b *brackets) pop() {
	b.depth--
	b.top >>= 1
	if b.depth&63 == 0 && b.depth > 0 {
		b.top = b.below[b.depth>>6-1]
	}
}

func (b *brackets) brace() bool { return b.top&1 == 1 }

// The scan functions take an index into data and return the index behind what
// they scanned. A negative result is the complement of the index at which the
// text stops being JSON.

// skipSpace returns the index of the first byte at or behind i that is no
// white space, which may be the length of data.
func skipSpace(data []byte, i int) int {
	if i < len(data) && data[i] > ' ' {
		return i // the usual case: servers send no white space
	}
	return skipSpaces(data, i)
}

func skipSpaces(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i
}

// at returns the byte at i, or 0, which no JSON token has, behind the end.
func at(data []byte, i int) byte {
	if i < len(data) {
		return data[i]
	}
	return 0
}

// skipValue skips one value, which starts at or behind i. It is a loop and
// not recursive, so that a hostile document cannot exhaust the stack.
func skipValue(data []byte, i int, below *nesting) int {
	open := brackets{below: below}
	for {
		i = skipSpace(data, i)
		switch c := at(data, i); c {
		case '"':
			i = skipString(data, i+1)
		case '{', '[':
			i = skipSpace(data, i+1)
			if at(data, i) == c+2 { // '}' is '{'+2 and ']' is '['+2
				i++
				break
			}
			if !open.push(c == '{') {
				return ^i
			}
			if c == '{' {
				i = skipKey(data, i)
			}
			if i < 0 {
				return i
			}
			continue
		default:
			i = skipLiteral(data, i)
		}
		for { // behind a value: closing brackets until a comma
			if i < 0 || open.depth == 0 {
				return i
			}
			i = skipSpace(data, i)
			c := at(data, i)
			if c == ',' {
				break
			}
			if c == '}' && open.brace() || c == ']' && !open.brace() {
				open.pop()
				i++
				continue
			}
			return ^i
		}
		i++
		if open.brace() {
			if i = skipKey(data, skipSpace(data, i)); i < 0 {
				return i
			}
		}
	}
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
		for ; i+8 <= len(data); i += 8 {
			if match := special(binary.LittleEndian.Uint64(data[i:])); match != 0 {
				i += bits.TrailingZeros64(match) >> 3
				break
			}
		}
		for ; !isSpecial(at(data, i)); i++ {
		}
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
