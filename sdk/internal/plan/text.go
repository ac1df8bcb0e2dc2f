// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are not UTF-8 become the
// replacement character.
func AppendString(b []byte, s string) []byte { return appendString(b, s) }

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		b = appendEscaped(b, s[i:i+size])
		i += size
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// appendEscaped appends one character that JSON or JavaScript wants escaped.
func appendEscaped(b []byte, c string) []byte {
	switch c {
	case `"`, `\`:
		return append(b, '\\', c[0])
	case "\b":
		return append(b, '\\', 'b')
	case "\f":
		return append(b, '\\', 'f')
	case "\n":
		return append(b, '\\', 'n')
	case "\r":
		return append(b, '\\', 'r')
	case "\t":
		return append(b, '\\', 't')
	case "\u2028":
		return append(b, `\u2028`...)
	case "\u2029":
		return append(b, `\u2029`...)
	}
	if c[0] < 0x20 {
		return append(b, '\\', 'u', '0', '0', hexDigits[c[0]>>4], hexDigits[c[0]&15])
	}
	return append(b, `\ufffd`...)
}
