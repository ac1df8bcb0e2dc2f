// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// string reads the string whose quote is at pos. The text aliases the data,
// or s.text, which the next call overwrites.
func (s *scanner) string(p *jsonPlan) ([]byte, bool) {
	start := s.pos + 1
	end, ascii := plainText(s.data, start)
	if ascii && at(s.data, end) == '"' {
		s.pos = end + 1
		return s.data[start:end], true
	}
	return s.unusual(p, start, end)
}

// unusual reads the rest of a string that has escapes or is not ASCII.
func (s *scanner) unusual(p *jsonPlan, start, i int) ([]byte, bool) {
	if s.pos = skipString(s.data, i); s.pos < 0 {
		return nil, s.malformed(p, ^s.pos)
	}
	raw := s.data[start : s.pos-1]
	if s.pos == i+1 && utf8.Valid(raw) {
		return raw, true
	}
	s.text = appendUnescaped(s.text[:0], raw)
	return s.text, true
}

// maxYear is the last year that RFC 3339 can write.
const maxYear = 9999

// token reads the literal or number at pos.
func (s *scanner) token(p *jsonPlan) ([]byte, bool) {
	start := s.pos
	end := skipLiteral(s.data, start)
	if end < 0 {
		return nil, s.malformed(p, ^end)
	}
	s.pos = end
	return s.data[start:end], true
}

// scalar appends a value that has no parts; start is where in out it begins,
// with its presence byte.
func (s *scanner) scalar(p *jsonPlan, start int) bool {
	if p.kind == record.Raw {
		return s.raw(p)
	}
	c := at(s.data, s.pos)
	if c == '{' || c == '[' {
		s.absent(p, start, s.pos)
		return s.skip(p)
	}
	at := s.pos
	var text []byte
	var ok, fits bool
	if c == '"' {
		if text, ok = s.string(p); ok {
			fits = s.fromString(p.kind, text)
		}
	} else if text, ok = s.token(p); ok {
		fits = s.fromToken(p.kind, text)
	}
	if ok && !fits {
		s.absent(p, start, at)
	}
	return ok
}

func (s *scanner) raw(p *jsonPlan) bool {
	start := s.pos
	if !s.skip(p) {
		return false
	}
	s.out = record.AppendString(s.out, s.data[start:s.pos])
	return true
}

// fromString appends the value of a JSON string and reports whether there is
// one for the kind.
func (s *scanner) fromString(kind record.Kind, text []byte) bool {
	switch kind {
	case record.String:
		s.out = record.AppendString(s.out, text)
	case record.IntOrString:
		s.out = record.AppendString(append(s.out, 2), text)
	case record.Bytes:
		base := len(s.out)
		decoded, err := base64.StdEncoding.AppendDecode(append(s.out, 0), text)
		if err != nil {
			return false
		}
		s.out = putUvarint(decoded, base, len(decoded)-base-1)
	case record.Time:
		t, err := time.Parse(time.RFC3339, string(text))
		s.out = record.AppendTime(s.out, t.Unix(), uint32(t.Nanosecond()))
		year := t.UTC().Year()
		return err == nil && 0 <= year && year <= maxYear
	default:
		return false
	}
	return true
}

// fromToken is fromString for true, false and numbers.
func (s *scanner) fromToken(kind record.Kind, text []byte) bool {
	number := text[0] != 't' && text[0] != 'f'
	switch {
	case kind == record.Bool && !number:
		s.out = record.AppendBool(s.out, text[0] == 't')
	case kind == record.String && number:
		s.out = record.AppendString(s.out, text)
	case kind == record.Int && number:
		v, ok := parseInt(text)
		s.out = record.AppendInt(s.out, v)
		return ok
	case kind == record.IntOrString && number:
		v, ok := parseInt(text)
		s.out = record.AppendInt(append(s.out, 1), v)
		return ok
	case kind == record.Float && number:
		v, err := strconv.ParseFloat(string(text), 64)
		if v == 0 {
			v = 0 // the one zero: minus zero equals it, and has other bytes
		}
		s.out = record.AppendFloat(s.out, v)
		return err == nil
	default:
		return false
	}
	return true
}

// parseInt reads a JSON number that is an integer of 64 bits.
func parseInt(text []byte) (int64, bool) {
	if len(text) > 18 {
		v, err := strconv.ParseInt(string(text), 10, 64)
		return v, err == nil
	}
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	var v int64
	for _, c := range text {
		if !isDigit(c) {
			return 0, false // a fraction or an exponent
		}
		v = v*10 + int64(c-'0')
	}
	if negative {
		v = -v
	}
	return v, true
}
