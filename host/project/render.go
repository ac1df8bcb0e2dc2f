// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Render appends the record as the JSON object that it came from, as far as
// the shape, which must be valid, goes: members in the order of their names,
// the header among those of metadata; a member is left out if it is absent or
// if it is zero and not optional. Raw values are copied as they are. If rec is
// no record of the shape, dst is returned as it was, with the error of
// [record.Check]. Safe for concurrent use.
func Render(dst []byte, shape *record.Shape, rec []byte) ([]byte, error) {
	if err := record.Check(rec, shape); err != nil {
		return dst, err
	}
	namespace, name, uid, version, body, err := record.CutHeader(rec)
	if err != nil {
		return dst, err
	}
	var header []extra
	for _, part := range []extra{{"name", name}, {"namespace", namespace}, {"resourceVersion", appendVersion(version)}, {"uid", uid}} {
		if len(part.json) > 0 {
			header = append(header, extra{part.name, appendQuoted(nil, part.json)})
		}
	}
	var metadata []extra
	if len(header) > 0 {
		metadata = []extra{{"metadata", appendMembers(nil, &record.Shape{}, nil, header, nil)}}
	}
	return appendMembers(dst, shape, body, metadata, header), nil
}

func appendVersion(version uint64) []byte {
	if version == 0 {
		return nil
	}
	return strconv.AppendUint(nil, version, 10)
}

// extra is a member that does not come from the body.
type extra struct {
	name string
	json []byte
}

// appendMembers appends a struct, the fields of which body has, as an object.
// The extras, ascending by name, are members too, unless the body has a member
// of the name. The inner ones go into the member metadata.
//
// The record was checked, so that cutting values from it does not fail.
func appendMembers(dst []byte, s *record.Shape, body []byte, extras, inner []extra) []byte {
	dst = append(dst, '{')
	first, last := len(dst), ""
	begin := func(name string) {
		if len(dst) > first {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, []byte(name)), ':')
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		value := body[:skipRecord(body, 0, &f.Shape)]
		body = body[len(value):]
		if zero(value) || f.Name == last {
			continue // of two fields of one name but different kinds, one is rendered
		}
		for ; len(extras) > 0 && extras[0].name <= f.Name; extras = extras[1:] {
			if extras[0].name < f.Name {
				begin(extras[0].name)
				dst = append(dst, extras[0].json...)
			}
		}
		begin(f.Name)
		last = f.Name
		if f.Name == "metadata" && f.Kind == record.Struct {
			dst = appendMembers(dst, &f.Shape, bare(value, &f.Shape), inner, nil)
			continue
		}
		dst = appendValue(dst, &f.Shape, value)
	}
	for _, e := range extras {
		begin(e.name)
		dst = append(dst, e.json...)
	}
	return append(dst, '}')
}

// zero reports whether a value is absent or zero: then, and only then, all of
// its bytes are.
func zero(value []byte) bool {
	for _, b := range value {
		if b != 0 {
			return false
		}
	}
	return true
}

// bare returns the value behind its presence byte.
func bare(value []byte, s *record.Shape) []byte {
	if s.Optional {
		return value[1:]
	}
	return value
}

func appendValue(dst []byte, s *record.Shape, value []byte) []byte {
	if s.Optional && value[0] == 0 {
		return append(dst, "null"...)
	}
	value = bare(value, s)
	switch s.Kind {
	case record.Struct:
		return appendMembers(dst, s, value, nil, nil)
	case record.List:
		return appendElements(dst, s, value, '[', ']')
	case record.Map:
		return appendElements(dst, s, value, '{', '}')
	}
	return appendScalar(dst, s.Kind, value)
}

func appendElements(dst []byte, s *record.Shape, value []byte, opening, closing byte) []byte {
	n, value, _ := record.CutCount(value)
	dst = append(dst, opening)
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if s.Kind == record.Map {
			var key []byte
			key, value, _ = record.CutBytes(value)
			dst = append(appendQuoted(dst, key), ':')
		}
		end := skipRecord(value, 0, s.Elem)
		dst = appendValue(dst, s.Elem, value[:end])
		value = value[end:]
	}
	return append(dst, closing)
}

func appendScalar(dst []byte, kind record.Kind, value []byte) []byte {
	switch kind {
	case record.Bool, record.Int:
		dst, _ = appendText(dst, value, kind)
		return dst
	case record.Float:
		v, _, _ := record.CutFloat(value)
		text, err := json.Marshal(v)
		if err != nil { // not a number, which no JSON gives
			return append(dst, "null"...)
		}
		return append(dst, text...)
	case record.String:
		v, _, _ := record.CutBytes(value)
		return appendQuoted(dst, v)
	case record.Bytes:
		v, _, _ := record.CutBytes(value)
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), v), '"')
	case record.Time:
		if value[0] != 0 {
			dst, _ = appendText(append(dst, '"'), value, record.Time)
			return append(dst, '"')
		}
	case record.IntOrString:
		if value[0] != 0 {
			return appendScalar(dst, [...]record.Kind{1: record.Int, 2: record.String}[value[0]], value[1:])
		}
	case record.Raw:
		if v, _, _ := record.CutBytes(value); len(v) > 0 {
			return append(dst, v...)
		}
	}
	return append(dst, "null"...)
}

// appendQuoted appends text as a JSON string, without escapes for HTML.
func appendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = appendControl(dst, byte(r))
		case r == '\u2028' || r == '\u2029': // no JavaScript
			dst = append(dst, `\u202`...)
			dst = append(dst, hex[r&15])
		case r == utf8.RuneError && n == 1:
			dst = append(dst, `\ufffd`...)
		default:
			dst = append(dst, text[i:i+n]...)
		}
		i += n
	}
	return append(dst, '"')
}

func appendControl(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
