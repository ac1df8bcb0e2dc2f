// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

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

// token returns the first byte at or behind i that is no white space, 0 at the
// end, and its index.
func token(data []byte, i int) (byte, int) {
	if i < len(data) && data[i] > ' ' {
		return data[i], i // the usual case: servers send no white space
	}
	i = skipSpaces(data, i)
	return at(data, i), i
}

// skipSpace is token without the byte.
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
	var c byte
	for {
		switch c, i = token(data, i); c {
		case '"':
			i = skipString(data, i+1)
		case '{', '[':
			opening := c
			if c, i = token(data, i+1); c == opening+2 { // '}' is '{'+2 and ']' is '['+2
				i++
				break
			}
			if !open.push(opening == '{') {
				return ^i
			}
			if opening == '{' {
				if i = skipKey(data, i); i < 0 {
					return i
				}
			}
			continue
		default:
			i = skipLiteral(data, i)
		}
		for { // behind a value: closing brackets until a comma
			if i < 0 || open.depth == 0 {
				return i
			}
			if c, i = token(data, i); c == ',' {
				break
			}
			if c != '}' && c != ']' || open.brace() != (c == '}') {
				return ^i
			}
			open.pop()
			i++
		}
		i++
		if open.brace() {
			_, i = token(data, i)
			if i = skipKey(data, i); i < 0 {
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
	c, i := token(data, i)
	if c != ':' {
		return ^i
	}
	return i + 1
}

// skipLiteral skips true, false, null or a number.
func skipLiteral(data []byte, i int) int {
	var word string
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

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
