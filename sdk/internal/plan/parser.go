// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// parser reads JSON text. The first failure stays; after it the position is
// where it was and every loop ends.
type parser struct {
	s      string
	i      int
	depth  int
	failed string
}

func (s *parser) fail(cause string) {
	if s.failed == "" {
		s.failed = cause
	}
}

// peek passes over white space and returns the next byte, 0 at the end and
// after a failure.
func (s *parser) peek() byte {
	for s.i < len(s.s) {
		switch s.s[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
			continue
		}
		break
	}
	if s.failed != "" || s.i >= len(s.s) {
		return 0
	}
	return s.s[s.i]
}

// take passes over c, which must come next.
func (s *parser) take(c byte) bool {
	if s.peek() != c {
		s.fail("expected " + string(rune(c)))
		return false
	}
	s.i++
	return true
}

// object parses an object; member parses the value of the member.
func (s *parser) object(member func(name string)) {
	s.sequence('{', '}', func() {
		name := s.text()
		if s.take(':') {
			member(name)
		}
	})
}

// array parses an array; element parses one element.
func (s *parser) array(element func()) { s.sequence('[', ']', element) }

func (s *parser) sequence(open, end byte, one func()) {
	if s.depth++; s.depth > 4*maxDepth {
		s.fail("nested too deeply")
	}
	if !s.take(open) {
		return
	}
	for first := true; s.failed == "" && (!first || s.peek() != end); first = false {
		one()
		if s.peek() != ',' {
			break
		}
		s.i++
	}
	s.take(end)
	s.depth--
}

// skip passes over any value.
func (s *parser) skip() {
	switch s.peek() {
	case '{':
		s.object(func(string) { s.skip() })
	case '[':
		s.array(s.skip)
	case '"':
		s.text()
	default:
		switch literal := s.literal(); literal {
		case "null", "true", "false":
		default:
			if _, err := strconv.ParseFloat(literal, 64); err != nil && !strings.HasSuffix(err.Error(), strconv.ErrRange.Error()) {
				s.fail("expected a value")
			}
		}
	}
}

// literal returns what comes up to the next punctuation.
func (s *parser) literal() string {
	s.peek()
	start := s.i
	for s.failed == "" && s.i < len(s.s) && strings.IndexByte("+-.0123456789abcdefghijklmnopqrstuvwxyzE", s.s[s.i]) >= 0 {
		s.i++
	}
	return s.s[start:s.i]
}

func (s *parser) bool() bool {
	switch s.literal() {
	case "true":
		return true
	case "false":
	default:
		s.fail("expected true or false")
	}
	return false
}

func (s *parser) int() int64 {
	v, err := strconv.ParseInt(s.literal(), 10, 64)
	if err != nil {
		s.fail("expected an integer")
	}
	return v
}

// text parses a string, which aliases the text if it has no escapes.
func (s *parser) text() string {
	if !s.take('"') {
		return ""
	}
	start := s.i
	for ; s.i < len(s.s); s.i++ {
		switch c := s.s[s.i]; {
		case c == '"':
			s.i++
			return s.s[start : s.i-1]
		case c == '\\':
			return s.escaped(start)
		case c < 0x20:
			s.fail("a control character in a string")
			return ""
		}
	}
	s.fail("the text ends inside a string")
	return ""
}

// escaped parses the rest of a string from the first escape on.
func (s *parser) escaped(start int) string {
	b := []byte(s.s[start:s.i])
	for s.i < len(s.s) {
		c := s.s[s.i]
		s.i++
		switch {
		case c == '"':
			return string(b)
		case c < 0x20:
			s.fail("a control character in a string")
			return ""
		case c != '\\':
			b = append(b, c)
		default:
			b = s.escape(b)
		}
	}
	s.fail("the text ends inside a string")
	return ""
}

func (s *parser) escape(b []byte) []byte {
	if s.i >= len(s.s) {
		return b
	}
	c := s.s[s.i]
	s.i++
	if c == 'u' {
		return utf8.AppendRune(b, s.unicode())
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		s.fail("an unknown escape in a string")
		return b
	}
	return append(b, "\"\\/\b\f\n\r\t"[i])
}

// unicode parses the digits of one escape, and of the next one if both are the
// halves of one character.
func (s *parser) unicode() rune {
	high := s.hex(s.i)
	s.i = min(s.i+4, len(s.s))
	if !utf16.IsSurrogate(high) || !strings.HasPrefix(s.s[s.i:], `\u`) {
		return high
	}
	both := utf16.DecodeRune(high, s.hex(s.i+2))
	if both != utf8.RuneError {
		s.i = min(s.i+6, len(s.s))
	}
	return both
}

func (s *parser) hex(at int) rune {
	if at+4 > len(s.s) {
		s.fail("the text ends inside a string")
		return utf8.RuneError
	}
	v, err := strconv.ParseUint(s.s[at:at+4], 16, 16)
	if err != nil {
		s.fail("an escape that is not hexadecimal in a string")
	}
	return rune(v)
}
