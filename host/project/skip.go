// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import "github.com/wasm-controller-manager/wcm/abi/record"

// skipRecord returns the index behind the value of the shape at i, or -1 if
// the body is not of the shape. It does what record.Skip does, faster: the
// bodies here come from this package and are checked only as far as needed to
// stay inside of them.
func skipRecord(body []byte, i int, s *record.Shape) int {
	if s.Optional {
		if i >= len(body) {
			return -1
		}
		i++
		if body[i-1] == 0 {
			return i
		}
	}
	return skipBare(body, i, s)
}

// skipBare is skipRecord behind the presence byte.
func skipBare(body []byte, i int, s *record.Shape) int {
	switch s.Kind {
	case record.String, record.Bytes, record.Raw:
		return skipBytes(body, i)
	case record.Bool:
		return inside(body, i+1)
	case record.Int:
		return skipVarint(body, i)
	case record.Float:
		return inside(body, i+8)
	case record.Time:
		if i < len(body) && body[i] == 0 {
			return i + 1
		}
		if i = skipVarint(body, i); i < 0 {
			return i
		}
		return skipVarint(body, i)
	case record.IntOrString:
		return skipIntOrString(body, i)
	case record.Struct:
		for f := range s.Fields {
			if i = skipRecord(body, i, &s.Fields[f].Shape); i < 0 {
				return i
			}
		}
		return i
	case record.List, record.Map:
		return skipElements(body, i, s)
	}
	return -1
}

func inside(body []byte, i int) int {
	if i > len(body) {
		return -1
	}
	return i
}

func skipVarint(body []byte, i int) int {
	for ; i < len(body); i++ {
		if body[i] < 0x80 {
			return i + 1
		}
	}
	return -1
}

func skipBytes(body []byte, i int) int { return skipTexts(body, i, 1) }

// skipTexts skips n texts that stand one behind the other.
func skipTexts(body []byte, i, n int) int {
	for ; n > 0; n-- {
		if i < len(body) && body[i] < 0x80 {
			i += 1 + int(body[i])
			continue // the next one, or the end, sees whether it was too much
		}
		length, next := cutLength(body, i)
		if next < 0 {
			return -1
		}
		i = next + length
	}
	return inside(body, i)
}

// texts returns how many texts a value is that is nothing but texts, else -1.
func texts(s *record.Shape) int {
	if s.Optional {
		return -1
	}
	switch s.Kind {
	case record.String, record.Bytes, record.Raw:
		return 1
	case record.Struct:
		sum := 0
		for i := range s.Fields {
			n := texts(&s.Fields[i].Shape)
			if n < 0 {
				return -1
			}
			sum += n
		}
		return sum
	}
	return -1
}

// cutLength reads a length and returns it with the index behind it; the
// length is not more than there are bytes. The index is -1 if there is none.
func cutLength(body []byte, i int) (n, next int) {
	if i < len(body) && body[i] < 0x80 {
		n, i = int(body[i]), i+1
	} else if i >= len(body) {
		return 0, -1
	} else {
		v, rest, err := record.CutUvarint(body[i:])
		if err != nil || v > uint64(len(rest)) {
			return 0, -1
		}
		n, i = int(v), len(body)-len(rest)
	}
	if n > len(body)-i {
		return 0, -1
	}
	return n, i
}

func skipIntOrString(body []byte, i int) int {
	switch {
	case i >= len(body):
		return -1
	case body[i] == 1:
		return skipVarint(body, i+1)
	case body[i] == 2:
		return skipBytes(body, i+1)
	}
	return i + 1
}

func skipElements(body []byte, i int, s *record.Shape) int {
	n, i := cutLength(body, i) // an element takes a byte at least
	if i < 0 {
		return -1
	}
	keys := 0
	if s.Kind == record.Map {
		keys = 1
	}
	if each := texts(s.Elem); each >= 0 {
		return skipTexts(body, i, n*(keys+each))
	}
	for range n {
		if i = skipTexts(body, i, keys); i < 0 {
			return i
		}
		if i = skipRecord(body, i, s.Elem); i < 0 {
			return i
		}
	}
	return i
}
