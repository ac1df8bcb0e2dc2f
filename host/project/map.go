// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"iter"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Map reads a map of strings, labels for example, in bodies of a shape.
type Map struct{ at *locator }

// LabelsPath is where every object has its labels.
const LabelsPath = "metadata.labels"

// NewMap returns a reader of the map at the path. It is an error if the shape,
// which must be valid, has no map<string> there.
func NewMap(shape *record.Shape, path string) (*Map, error) {
	at, err := newLocator(shape, path, isTextMap)
	if err != nil {
		return nil, err
	}
	return &Map{at: at}, nil
}

func isTextMap(s *record.Shape, rest string) bool {
	return rest == "" && s.Kind == record.Map && s.Elem.Kind == record.String
}

// Entries returns the map of the body, which it aliases; none if the map is
// absent. Safe for concurrent use.
func (m *Map) Entries(body []byte) Entries { return m.at.entries(body) }

// Lookup returns the value of a key, which aliases the body.
func (m *Map) Lookup(body []byte, key string) ([]byte, bool) { return m.Entries(body).Lookup(key) }

func (l *locator) entries(body []byte) Entries {
	i := l.locate(body)
	if i < 0 {
		return Entries{}
	}
	return Entries{bytes: body[i:], elem: l.shape.Elem}
}

// Entries is a map of strings as it stands in a body. The zero value is empty.
type Entries struct {
	bytes []byte // of the Map and what is behind it
	elem  *record.Shape
}

// Len returns how many entries there are.
func (e Entries) Len() int {
	n, _, err := record.CutCount(e.bytes)
	if err != nil {
		return 0
	}
	return n
}

// Lookup returns the value of a key, which aliases the body. A value that is
// null in JSON is empty.
func (e Entries) Lookup(key string) ([]byte, bool) { return find(e, key) }

func find[K string | []byte](e Entries, key K) ([]byte, bool) {
	if len(e.bytes) == 0 {
		return nil, false
	}
	i := findKey(e.bytes, 0, e.elem, key)
	if i < 0 {
		return nil, false
	}
	value, _, ok := cutOptionalText(e.bytes[i:], e.elem)
	return value, ok
}

// All iterates over keys and values, which alias the body, ascending by key.
func (e Entries) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		n, rest, err := record.CutCount(e.bytes)
		if err != nil {
			return
		}
		for range n {
			var key, value []byte
			var ok bool
			if key, rest, err = record.CutBytes(rest); err != nil {
				return
			}
			if value, rest, ok = cutOptionalText(rest, e.elem); !ok || !yield(key, value) {
				return
			}
		}
	}
}

// cutOptionalText cuts a String value, which is empty if it is absent.
func cutOptionalText(b []byte, s *record.Shape) (value, rest []byte, ok bool) {
	if s.Optional {
		present, rest, err := record.CutBool(b)
		if err != nil || !present {
			return nil, rest, err == nil
		}
		b = rest
	}
	value, rest, err := record.CutBytes(b)
	return value, rest, err == nil
}
