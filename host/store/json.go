// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

var errJSON = errors.New("malformed JSON")

// eventType returns the type of a watch event without a copy, if it is a known one.
func eventType(b []byte) string {
	for _, t := range [...]watch.EventType{watch.Modified, watch.Added, watch.Deleted, watch.Bookmark, watch.Error} {
		if string(b) == string(t) {
			return string(t)
		}
	}
	return string(b)
}

// cutJSONEvent returns the type of a watch event and its object. Every API
// server writes the two members in this order and nothing behind them, so the
// object need not be scanned to find its end.
func cutJSONEvent(frame []byte) (kind string, object []byte, err error) {
	rest, ok := bytes.CutPrefix(frame, []byte(`{"type":"`))
	quote := bytes.IndexByte(rest, '"')
	if ok && quote >= 0 {
		kind = eventType(rest[:quote])
		rest, ok = bytes.CutPrefix(rest[quote:], []byte(`","object":`))
		rest = bytes.TrimRight(rest, "\n\r\t ")
		if n := len(rest); ok && n > 2 && rest[0] == '{' && rest[n-1] == '}' && rest[n-2] == '}' {
			return kind, rest[:n-1], nil
		}
	}
	var event struct {
		Type   string
		Object json.RawMessage
	}
	if err := json.Unmarshal(frame, &event); err != nil {
		return "", nil, fmt.Errorf("watch event: %w", err)
	}
	return event.Type, event.Object, nil
}

// jsonDocument is the head of a document and where its items are.
type jsonDocument struct {
	kind  string
	meta  metav1.ListMeta
	items []byte // the array, with its brackets
}

// cutJSONDocument reads the members of a document that a list or a Status has.
func cutJSONDocument(b []byte) (d jsonDocument, err error) {
	err = eachMember(b, func(name, value []byte) error {
		switch string(name) {
		case `"kind"`:
			return json.Unmarshal(value, &d.kind)
		case `"metadata"`:
			return json.Unmarshal(value, &d.meta)
		case `"items"`:
			d.items = value
		}
		return nil
	})
	return d, err
}

// eachMember visits the members of an object; name has its quotes.
func eachMember(b []byte, visit func(name, value []byte) error) error {
	return eachPart(b, '{', '}', func(part []byte) error {
		n, err := skipJSON(part)
		if err != nil {
			return err
		}
		value := bytes.TrimLeft(part[n:], jsonSpace)
		if part[0] != '"' || len(value) == 0 || value[0] != ':' {
			return errJSON
		}
		return visit(part[:n], bytes.TrimLeft(value[1:], jsonSpace))
	})
}

// eachElement visits the elements of an array; "null" is an empty one.
func eachElement(b []byte, visit func(value []byte) error) error {
	if len(b) == 0 || string(b) == "null" {
		return nil
	}
	return eachPart(b, '[', ']', visit)
}

// eachPart visits what stands between the commas of an object or array.
func eachPart(b []byte, open, end byte, visit func(part []byte) error) error {
	b = bytes.TrimLeft(b, jsonSpace)
	if len(b) == 0 || b[0] != open {
		return errJSON
	}
	for b = bytes.TrimLeft(b[1:], jsonSpace); len(b) > 0 && b[0] != end; {
		n, err := skipPart(b)
		if err != nil {
			return err
		}
		if err := visit(bytes.TrimRight(b[:n], jsonSpace)); err != nil {
			return err
		}
		if b[n] == ',' {
			n++
		}
		b = bytes.TrimLeft(b[n:], jsonSpace)
	}
	if len(b) == 0 {
		return errJSON
	}
	return nil
}

const jsonSpace = " \t\r\n"

// skipPart returns the index of the comma or bracket that ends the part of an
// object or array at the start of b.
func skipPart(b []byte) (int, error) {
	i := 0
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' {
		switch b[i] {
		case '"', '{', '[':
			n, err := skipJSON(b[i:])
			if err != nil {
				return 0, err
			}
			i += n
		default:
			i++
		}
	}
	if i == 0 || i == len(b) {
		return 0, errJSON
	}
	return i, nil
}

// skipJSON returns the length of the string, object or array at the start of b.
func skipJSON(b []byte) (int, error) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := skipString(b[i:])
			if n == 0 {
				return 0, errJSON
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default:
			continue
		}
		if depth <= 0 {
			return i + 1, nil
		}
	}
	return 0, errJSON
}

// skipString returns the length of the string at the start of b with its
// quotes, 0 if it does not end.
func skipString(b []byte) int {
	for i := 1; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		i += n
		backslashes := 0
		for b[i-1-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return i + 1
		}
	}
	return 0
}
