// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package recordjson

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// FromJSON returns the record, header and body, of a Kubernetes object in the
// shape, which must be valid.
//
// If the object has values of another type than the shape, the record is
// whole, those values count as absent, and the error is a
// [*record.MismatchError] for one of them. After any other error (the shape is
// invalid, the text is no JSON object) there is no record.
func FromJSON(shape *record.Shape, object []byte) ([]byte, error) {
	return convert(shape, object, func(c *converter, members map[string]json.RawMessage) []byte {
		return record.AppendHeader(nil, c.header(members["metadata"]))
	})
}

// BodyFromJSON is [FromJSON] without the header: for settings, which have none.
func BodyFromJSON(shape *record.Shape, object []byte) ([]byte, error) {
	return convert(shape, object, func(*converter, map[string]json.RawMessage) []byte { return nil })
}

func convert(shape *record.Shape, object []byte, header func(*converter, map[string]json.RawMessage) []byte) ([]byte, error) {
	if err := shape.Validate(); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, fmt.Errorf("object is not a JSON object: %w", err)
	}
	if members == nil {
		return nil, errors.New("object is not a JSON object but null")
	}
	c := &converter{}
	rec := c.fields(header(c, members), shape, "", members)
	if c.mismatch != nil {
		return rec, c.mismatch
	}
	return rec, nil
}

// converter collects the first mismatch of one object.
type converter struct{ mismatch *record.MismatchError }

func (c *converter) report(path, want string, text json.RawMessage) {
	if c.mismatch == nil {
		c.mismatch = &record.MismatchError{Path: path, Want: want, Got: jsonType(text)}
	}
}

func (c *converter) header(metadata json.RawMessage) record.Header {
	if absent(metadata) {
		return record.Header{}
	}
	members, ok := decode[map[string]json.RawMessage](metadata)
	if !ok {
		c.report("metadata", "struct", metadata)
		return record.Header{}
	}
	text := func(name string) string {
		value := members[name]
		if absent(value) {
			return ""
		}
		s, ok := decode[string](value)
		if !ok {
			c.report("metadata."+name, "string", value)
		}
		return s
	}
	h := record.Header{Namespace: text("namespace"), Name: text("name"), UID: text("uid")}
	if version := text("resourceVersion"); version != "" {
		v, err := strconv.ParseUint(version, 10, 64)
		if err != nil {
			c.report("metadata.resourceVersion", "a number in a string", members["resourceVersion"])
			v = 0
		}
		h.ResourceVersion = v
	}
	return h
}

func (c *converter) fields(b []byte, s *record.Shape, path string, members map[string]json.RawMessage) []byte {
	for i := range s.Fields {
		f := &s.Fields[i]
		p := f.Name
		if path != "" {
			p = path + "." + f.Name
		}
		b = c.value(b, &f.Shape, p, members[f.Name])
	}
	return b
}

// value appends one value, absent or present.
func (c *converter) value(b []byte, s *record.Shape, path string, text json.RawMessage) []byte {
	if absent(text) {
		return record.AppendZero(b, s)
	}
	value, ok := c.present(s, path, text)
	if !ok {
		c.report(path, s.Signature(), text)
		return record.AppendZero(b, s)
	}
	if s.Optional {
		b = record.AppendBool(b, true)
	}
	return append(b, value...)
}

// present returns the bytes of a value that is there, and false if it is of
// another type than s.
func (c *converter) present(s *record.Shape, path string, text json.RawMessage) ([]byte, bool) {
	switch s.Kind {
	case record.Struct:
		members, ok := decode[map[string]json.RawMessage](text)
		return c.fields(nil, s, path, members), ok
	case record.List:
		elems, ok := decode[[]json.RawMessage](text)
		b := record.AppendCount(nil, len(elems))
		for i, elem := range elems {
			b = c.value(b, s.Elem, path+"["+strconv.Itoa(i)+"]", elem)
		}
		return b, ok
	case record.Map:
		members, ok := decode[map[string]json.RawMessage](text)
		b := record.AppendCount(nil, len(members))
		for _, key := range slices.Sorted(maps.Keys(members)) {
			b = c.value(record.AppendString(b, key), s.Elem, path+"["+strconv.Quote(key)+"]", members[key])
		}
		return b, ok
	}
	return scalar(s.Kind, text)
}

func scalar(kind record.Kind, text json.RawMessage) ([]byte, bool) {
	switch kind {
	case record.Bool:
		v, ok := decode[bool](text)
		return record.AppendBool(nil, v), ok
	case record.Int:
		v, ok := decode[int64](text)
		return record.AppendInt(nil, v), ok
	case record.Float:
		v, ok := decode[float64](text)
		if v == 0 {
			v = 0 // the one zero: minus zero equals it, and has other bytes
		}
		return record.AppendFloat(nil, v), ok
	case record.String:
		if jsonType(text) == "number" {
			return record.AppendString(nil, text), true
		}
		v, ok := decode[string](text)
		return record.AppendString(nil, v), ok
	case record.Bytes:
		v, _ := decode[string](text)
		data, err := base64.StdEncoding.DecodeString(v)
		return record.AppendString(nil, data), err == nil && jsonType(text) == "string"
	case record.Time:
		v, _ := decode[string](text)
		t, err := time.Parse(time.RFC3339, v) // takes fractions of a second, too
		year := t.UTC().Year()
		return record.AppendTime(nil, t.Unix(), uint32(t.Nanosecond())), err == nil && 0 <= year && year <= 9999
	case record.IntOrString:
		if v, ok := decode[int64](text); ok {
			return record.AppendInt([]byte{1}, v), true
		}
		v, ok := decode[string](text)
		return record.AppendString([]byte{2}, v), ok
	case record.Raw:
		return record.AppendString(nil, text), true
	}
	return nil, false
}

// decode returns the value of a text that is not null.
func decode[T any](text json.RawMessage) (value T, ok bool) {
	err := json.Unmarshal(text, &value)
	return value, err == nil
}

// absent reports whether a member is missing or null, which is the same.
func absent(text json.RawMessage) bool { return text == nil || string(text) == "null" }

func jsonType(text json.RawMessage) string {
	switch text[0] {
	case 't', 'f':
		return "bool"
	case '"':
		return "string"
	case '[':
		return "array"
	case '{':
		return "object"
	}
	return "number"
}
