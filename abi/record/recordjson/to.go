// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package recordjson

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// ToJSON returns the object of a record: members in the order of their names,
// no white space, members that are absent or zero and not optional left out,
// the header as members of metadata. FromJSON of the result is the record again.
func ToJSON(shape *record.Shape, rec []byte) ([]byte, error) {
	namespace, name, uid, version, body, err := record.CutHeader(rec)
	if err != nil {
		return nil, err
	}
	object, err := members(shape, body)
	if err != nil {
		return nil, err
	}
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
	}
	addText(metadata, "namespace", string(namespace))
	addText(metadata, "name", string(name))
	addText(metadata, "uid", string(uid))
	if version != 0 {
		addText(metadata, "resourceVersion", strconv.FormatUint(version, 10))
	}
	if _, taken := object["metadata"]; !taken && len(metadata) > 0 {
		object["metadata"] = metadata
	}
	return appendJSON(nil, object), nil
}

// BodyToJSON is [ToJSON] for a body without header.
func BodyToJSON(shape *record.Shape, body []byte) ([]byte, error) {
	object, err := members(shape, body)
	if err != nil {
		return nil, err
	}
	return appendJSON(nil, object), nil
}

func addText(object map[string]any, name, value string) {
	if _, taken := object[name]; !taken && value != "" {
		object[name] = quote(value)
	}
}

func members(shape *record.Shape, body []byte) (map[string]any, error) {
	if err := shape.Validate(); err != nil {
		return nil, err
	}
	object, rest, err := cutFields(body, shape)
	if err == nil && len(rest) > 0 {
		err = record.ErrTrailing
	}
	return object, err
}

// The cut functions read one value from b as what appendJSON takes: text is a
// json.RawMessage, a struct or map a map[string]any, a list an []any, and nil
// a value that is absent.

func cutFields(b []byte, s *record.Shape) (object map[string]any, rest []byte, err error) {
	object = map[string]any{}
	for i := range s.Fields {
		f := &s.Fields[i]
		var v any
		if v, b, err = cutValue(b, &f.Shape); err != nil {
			return nil, nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		// Of two fields of one name but different kinds, one is absent.
		if _, taken := object[f.Name]; !taken && v != nil {
			object[f.Name] = v
		}
	}
	return object, b, nil
}

// cutValue reads a member of a struct.
func cutValue(b []byte, s *record.Shape) (v any, rest []byte, err error) {
	v, rest, err = cutElement(b, s)
	if err == nil && bytes.Equal(b[:len(b)-len(rest)], record.AppendZero(nil, s)) {
		v = nil
	}
	return v, rest, err
}

// cutElement reads a value that is not left out when it is zero.
func cutElement(b []byte, s *record.Shape) (v any, rest []byte, err error) {
	if s.Optional {
		present, rest, err := record.CutBool(b)
		if err != nil || !present {
			return nil, rest, err
		}
		b = rest
	}
	return cutPresent(b, s)
}

func cutPresent(b []byte, s *record.Shape) (v any, rest []byte, err error) {
	switch s.Kind {
	case record.Struct:
		return wrap(cutFields(b, s))
	case record.List:
		n, b, err := record.CutCount(b)
		elems := make([]any, n)
		for i := range elems {
			if err == nil {
				elems[i], b, err = cutElement(b, s.Elem)
			}
		}
		return elems, b, err
	case record.Map:
		n, b, err := record.CutCount(b)
		object := map[string]any{}
		for range n {
			var key []byte
			if err == nil {
				key, b, err = record.CutBytes(b)
			}
			if err == nil {
				object[string(key)], b, err = cutElement(b, s.Elem)
			}
		}
		return object, b, err
	}
	return wrap(cutScalar(b, s.Kind))
}

// wrap returns v as an any.
func wrap[T any](v T, rest []byte, err error) (any, []byte, error) { return v, rest, err }

func cutScalar(b []byte, kind record.Kind) (text json.RawMessage, rest []byte, err error) {
	switch kind {
	case record.Bool:
		v, rest, err := record.CutBool(b)
		return strconv.AppendBool(nil, v), rest, err
	case record.Int:
		v, rest, err := record.CutInt(b)
		return strconv.AppendInt(nil, v, 10), rest, err
	case record.Float:
		v, rest, err := record.CutFloat(b)
		if err != nil {
			return nil, nil, err
		}
		text, err := json.Marshal(v)
		return text, rest, err
	case record.String:
		v, rest, err := record.CutBytes(b)
		return quote(string(v)), rest, err
	case record.Bytes:
		v, rest, err := record.CutBytes(b)
		return quote(base64.StdEncoding.EncodeToString(v)), rest, err
	case record.Time:
		return cutTime(b)
	case record.IntOrString:
		return cutIntOrString(b)
	case record.Raw:
		return cutRaw(b)
	}
	return nil, nil, record.ErrInvalid
}

func cutTime(b []byte) (text json.RawMessage, rest []byte, err error) {
	seconds, nanoseconds, present, rest, err := record.CutTime(b)
	if err != nil || !present {
		return json.RawMessage("null"), rest, err
	}
	text, err = time.Unix(seconds, int64(nanoseconds)).UTC().MarshalJSON()
	return text, rest, err
}

func cutIntOrString(b []byte) (text json.RawMessage, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, record.ErrTruncated
	}
	switch b[0] {
	case 0:
		return json.RawMessage("null"), b[1:], nil
	case 1:
		return cutScalar(b[1:], record.Int)
	case 2:
		return cutScalar(b[1:], record.String)
	}
	return nil, nil, record.ErrInvalid
}

func cutRaw(b []byte) (text json.RawMessage, rest []byte, err error) {
	v, rest, err := record.CutBytes(b)
	if err != nil || len(v) == 0 {
		return json.RawMessage("null"), rest, err
	}
	if !json.Valid(v) {
		return nil, nil, record.ErrInvalid
	}
	return v, rest, nil
}

// appendJSON does what json.Marshal does, but for the text of raw values,
// which it leaves as it is.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case json.RawMessage:
		return append(b, v...)
	case []any:
		return appendList(b, '[', len(v), ']', func(b []byte, i int) []byte { return appendJSON(b, v[i]) })
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		return appendList(b, '{', len(v), '}', func(b []byte, i int) []byte {
			return appendJSON(append(append(b, quote(names[i])...), ':'), v[names[i]])
		})
	}
	return append(b, "null"...)
}

func appendList(b []byte, open byte, n int, end byte, item func(b []byte, i int) []byte) []byte {
	b = append(b, open)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = item(b, i)
	}
	return append(b, end)
}

// quote returns s as a JSON string, without the escapes for HTML.
func quote(s string) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
