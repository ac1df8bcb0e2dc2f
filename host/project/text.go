// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescaped appends the text of a JSON string whose syntax was checked:
// escapes resolved, and whatever is no UTF-8 replaced by U+FFFD, byte by byte,
// as encoding/json does.
func appendUnescaped(b, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c == '\\':
			var n int
			b, n = appendEscape(b, raw[i:])
			i += n
		case c < utf8.RuneSelf:
			b = append(b, c)
			i++
		default:
			r, n := utf8.DecodeRune(raw[i:])
			b = utf8.AppendRune(b, r)
			i += n
		}
	}
	return b
}

// appendEscape appends the character of the escape sequence that raw starts
// with, and returns how many bytes the sequence takes.
func appendEscape(b, raw []byte) (text []byte, n int) {
	switch c := raw[1]; c {
	case 'b':
		return append(b, '\b'), 2
	case 'f':
		return append(b, '\f'), 2
	case 'n':
		return append(b, '\n'), 2
	case 'r':
		return append(b, '\r'), 2
	case 't':
		return append(b, '\t'), 2
	case 'u':
	default:
		return append(b, c), 2
	}
	r := hexRune(raw[2:])
	if utf16.IsSurrogate(r) {
		if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
			if pair := utf16.DecodeRune(r, hexRune(raw[8:])); pair != utf8.RuneError {
				return utf8.AppendRune(b, pair), 12
			}
		}
		r = utf8.RuneError
	}
	return utf8.AppendRune(b, r), 6
}

// hexRune reads four hexadecimal digits.
func hexRune(digits []byte) rune {
	var r rune
	for _, c := range digits[:4] {
		if c > '9' {
			c += 9
		}
		r = r<<4 | rune(c&15)
	}
	return r
}

// appendValid appends text with whatever is no UTF-8 replaced, byte by byte.
func appendValid(b, text []byte) []byte {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		b = utf8.AppendRune(b, r)
		i += n
	}
	return b
}
