// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Path reads one scalar of bodies of a shape as text, for indexes and mappings.
type Path struct {
	at    *locator
	value *record.Shape // the scalar: what at leads to, or an element of that map
	key   string        // in a map
	zero  []byte        // stands for an absent value; nil: absent is absent
}

// NewPath returns a reader of the field at the path, such as "spec.nodeName".
// Behind a map the whole rest of the path is the key, so that
// "metadata.labels.app.kubernetes.io/name" needs no escapes. The field is read
// as what [FieldAt] says of the projection that wants it: of several fields the
// one of its kind, and an absent value is the zero value unless the projection
// has it optional. It is an error if the shape, which must be valid, has no such
// field, or if it is no scalar.
func NewPath(shape *record.Shape, path string, as record.Shape) (*Path, error) {
	p := &Path{}
	at, err := newLocator(shape, path, func(s *record.Shape, key string) bool {
		p.value, p.key = s, key
		if s.Kind == record.Map {
			p.value = s.Elem
		}
		return (key != "") == (s.Kind == record.Map) && p.value.Kind == as.Kind && Scalar(as.Kind)
	})
	if err != nil {
		return nil, err
	}
	p.at = at
	if !as.Optional && at.shape.Kind != record.Map {
		p.zero = record.AppendZero(nil, &as)
	}
	return p, nil
}

// Scalar reports whether a [Path] can read values of the kind.
func Scalar(k record.Kind) bool { return k != record.Invalid && k < record.Raw }

// Text returns the value as text: a number in decimal digits, a time in RFC
// 3339, bytes in base64. It returns false if the value is absent; one that is
// not optional in the projection is its zero value then, and only a time, an int
// or string, and the key of a map can be absent. The text does not alias the
// body. Safe for concurrent use.
func (p *Path) Text(body []byte) (string, bool) {
	var buffer [64]byte
	text, ok := p.AppendText(buffer[:0], body)
	return string(text), ok
}

// AppendText is Text without allocation: it appends to dst.
func (p *Path) AppendText(dst, body []byte) ([]byte, bool) {
	i := p.at.locate(body)
	if i >= 0 && p.at.shape.Kind == record.Map {
		i = findKey(body, i, p.at.shape.Elem, p.key)
		if i >= 0 && p.value.Optional {
			if i++; body[i-1] == 0 {
				i = -1
			}
		}
	}
	switch {
	case i >= 0:
		return appendText(dst, body[i:], p.value.Kind)
	case p.zero != nil:
		return appendText(dst, p.zero, p.value.Kind)
	}
	return dst, false
}

// appendText appends the scalar that b starts with.
func appendText(dst, b []byte, kind record.Kind) ([]byte, bool) {
	switch kind {
	case record.String:
		v, _, err := record.CutBytes(b)
		return append(dst, v...), err == nil
	case record.Bytes:
		v, _, err := record.CutBytes(b)
		return base64.StdEncoding.AppendEncode(dst, v), err == nil
	case record.Bool:
		v, _, err := record.CutBool(b)
		return strconv.AppendBool(dst, v), err == nil
	case record.Int:
		v, _, err := record.CutInt(b)
		return strconv.AppendInt(dst, v, 10), err == nil
	case record.Float:
		v, _, err := record.CutFloat(b)
		return strconv.AppendFloat(dst, v, 'g', -1, 64), err == nil
	case record.Time:
		seconds, nanoseconds, present, _, err := record.CutTime(b)
		if !present || err != nil {
			return dst, false
		}
		return appendTime(dst, seconds, nanoseconds), true
	case record.IntOrString:
		switch at(b, 0) {
		case 1:
			return appendText(dst, b[1:], record.Int)
		case 2:
			return appendText(dst, b[1:], record.String)
		}
	}
	return dst, false
}

// Count reads how many elements a list or map in bodies of a shape has.
type Count struct{ at *locator }

// NewCount returns a reader of the list or map at the path, which is read as what
// [FieldAt] says of the projection that wants it. It is an error if the shape, which
// must be valid, has no such field, or if it is neither.
func NewCount(shape *record.Shape, path string, as record.Shape) (*Count, error) {
	at, err := newLocator(shape, path, func(s *record.Shape, key string) bool {
		return key == "" && s.Kind == as.Kind && Collection(s.Kind)
	})
	return &Count{at}, err
}

// Collection reports whether a [Count] can read values of the kind.
func Collection(k record.Kind) bool { return k == record.List || k == record.Map }

// Of returns the count, 0 if the value is absent. Safe for concurrent use.
func (c *Count) Of(body []byte) int {
	i := c.at.locate(body)
	if i < 0 {
		return 0
	}
	n, _, err := record.CutCount(body[i:])
	if err != nil {
		return 0
	}
	return n
}

func appendTime(dst []byte, seconds int64, nanoseconds uint32) []byte {
	return time.Unix(seconds, int64(nanoseconds)).UTC().AppendFormat(dst, time.RFC3339Nano)
}

// findKey returns the index of the value of a key in the map at i, or -1. The
// keys are sorted, so it need not look behind the place of the key.
func findKey[K string | []byte](body []byte, i int, elem *record.Shape, key K) int {
	n, rest, err := record.CutCount(body[i:])
	if err != nil {
		return -1
	}
	i = len(body) - len(rest)
	for range n {
		size, next := cutLength(body, i)
		if next < 0 {
			return -1
		}
		found := body[next : next+size]
		if i = next + size; string(found) >= string(key) {
			if string(found) == string(key) && i < len(body) {
				return i
			}
			return -1
		}
		if i = skipRecord(body, i, elem); i < 0 {
			return -1
		}
	}
	return -1
}
