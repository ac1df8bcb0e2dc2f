// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package record

import "unicode/utf8"

// maxDepth bounds the nesting of a record, as a guard against hostile shapes.
const maxDepth = 32

// Skip returns what follows the value at the start of b. The shape must be
// valid as a part of one that [Shape.Validate] accepts.
func Skip(b []byte, s *Shape) ([]byte, error) { return skip(b, s, maxDepth) }

func skip(b []byte, s *Shape, depth int) ([]byte, error) {
	if depth == 0 {
		return nil, ErrInvalid
	}
	if s.Optional {
		present, rest, err := CutBool(b)
		if err != nil || !present {
			return rest, err
		}
		b = rest
	}
	switch s.Kind {
	case Struct:
		var err error
		for i := range s.Fields {
			if b, err = skip(b, &s.Fields[i].Shape, depth-1); err != nil {
				return nil, within(s.Fields[i].Name, err)
			}
		}
		return b, nil
	case List, Map:
		return skipElements(b, s, depth)
	}
	return skipScalar(b, s.Kind)
}

func skipElements(b []byte, s *Shape, depth int) ([]byte, error) {
	n, b, err := CutCount(b)
	if err != nil {
		return nil, err
	}
	for range n {
		if s.Kind == Map {
			if _, b, err = CutBytes(b); err != nil {
				return nil, within("[]", err)
			}
		}
		if b, err = skip(b, s.Elem, depth-1); err != nil {
			return nil, within("[]", err)
		}
	}
	return b, nil
}

func skipScalar(b []byte, k Kind) (rest []byte, err error) {
	switch k {
	case Bool:
		_, rest, err = CutBool(b)
	case Int:
		_, rest, err = CutInt(b)
	case Float:
		_, rest, err = CutFloat(b)
	case String, Bytes, Raw:
		_, rest, err = CutBytes(b)
	case Time:
		_, _, _, rest, err = CutTime(b)
	case IntOrString:
		return skipIntOrString(b)
	default:
		err = ErrInvalid
	}
	return rest, err
}

func skipIntOrString(b []byte) (rest []byte, err error) {
	if len(b) == 0 {
		return nil, ErrTruncated
	}
	switch b[0] {
	case 0:
		return b[1:], nil
	case 1:
		_, rest, err = CutInt(b[1:])
	case 2:
		_, rest, err = CutBytes(b[1:])
	default:
		err = ErrInvalid
	}
	return rest, err
}

// Check reports whether rec is a whole record of the shape with nothing
// behind it and UTF-8 in its header. It looks at neither the UTF-8 of strings
// in the body nor the order of map keys: whoever makes a record keeps both.
func Check(rec []byte, s *Shape) error {
	namespace, name, uid, _, body, err := CutHeader(rec)
	if err != nil {
		return err
	}
	for i, part := range [...][]byte{namespace, name, uid} {
		if !utf8.Valid(part) {
			return within(headerNames[i], ErrInvalid)
		}
	}
	return CheckBody(body, s)
}

// CheckBody is [Check] for a body without header.
func CheckBody(body []byte, s *Shape) error {
	rest, err := Skip(body, s)
	if err == nil && len(rest) > 0 {
		err = ErrTrailing
	}
	return err
}
