// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/binary"
	"errors"
	"math"
)

// The causes of a malformed record. A function that knows the field wraps the
// first two in a [FieldError].
var (
	ErrTruncated = errors.New("record ends inside a value")
	ErrInvalid   = errors.New("record has a byte that its shape does not allow")
	ErrTrailing  = errors.New("record has bytes behind its last field")
)

// Header identifies the object of a record. It stands before the body and is
// not part of the comparison that wakes controllers.
type Header struct {
	Namespace string // empty for cluster-scoped objects
	Name      string
	UID       string
	// ResourceVersion is the version of the object, or 0 if it has none.
	// Versions of one resource are comparable as numbers (Kubernetes 1.35 and later).
	ResourceVersion uint64
}

// AppendHeader appends the header's bytes: namespace, name and uid as String
// values, then the resource version as an unsigned varint.
func AppendHeader(b []byte, h Header) []byte {
	b = AppendString(b, h.Namespace)
	b = AppendString(b, h.Name)
	b = AppendString(b, h.UID)
	return binary.AppendUvarint(b, h.ResourceVersion)
}

// CutHeader splits a record into the four parts of its header, which alias
// rec, and its body.
func CutHeader(rec []byte) (namespace, name, uid []byte, version uint64, body []byte, err error) {
	parts := [3][]byte{}
	for i := range parts {
		if parts[i], rec, err = CutBytes(rec); err != nil {
			return nil, nil, nil, 0, nil, within(headerNames[i], err)
		}
	}
	if version, body, err = CutUvarint(rec); err != nil {
		return nil, nil, nil, 0, nil, within("resourceVersion", err)
	}
	return parts[0], parts[1], parts[2], version, body, nil
}

var headerNames = [...]string{"namespace", "name", "uid"}

// AppendString appends a value of kind String, Bytes or Raw.
func AppendString[T ~string | ~[]byte](b []byte, v T) []byte {
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

// AppendBool appends a Bool, or the presence byte of an optional value.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendInt appends an Int.
func AppendInt(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

// AppendFloat appends a Float.
func AppendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

// AppendCount appends the count of a List or Map.
func AppendCount(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

// AppendTime appends a Time that is present, with nanoseconds below 1e9.
func AppendTime(b []byte, seconds int64, nanoseconds uint32) []byte {
	zigzag := uint64(seconds)<<1 ^ uint64(seconds>>63)
	b = binary.AppendUvarint(b, zigzag+1)
	return binary.AppendUvarint(b, uint64(nanoseconds))
}

// AppendZero appends the value that stands for an absent one.
func AppendZero(b []byte, s *Shape) []byte {
	if s.Optional {
		return append(b, 0)
	}
	switch s.Kind {
	case Float:
		return append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	case Struct:
		for i := range s.Fields {
			b = AppendZero(b, &s.Fields[i].Shape)
		}
		return b
	}
	return append(b, 0)
}

// CutUvarint reads an unsigned varint.
func CutUvarint(b []byte) (uint64, []byte, error) {
	v, n := binary.Uvarint(b)
	if n == 0 {
		return 0, nil, ErrTruncated
	}
	if n < 0 {
		return 0, nil, ErrInvalid
	}
	return v, b[n:], nil
}

// CutInt reads an Int.
func CutInt(b []byte) (int64, []byte, error) {
	v, n := binary.Varint(b)
	if n == 0 {
		return 0, nil, ErrTruncated
	}
	if n < 0 {
		return 0, nil, ErrInvalid
	}
	return v, b[n:], nil
}

// CutFloat reads a Float.
func CutFloat(b []byte) (float64, []byte, error) {
	if len(b) < 8 {
		return 0, nil, ErrTruncated
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b)), b[8:], nil
}

// CutBytes reads a String, Bytes or Raw; the value aliases b.
func CutBytes(b []byte) (value, rest []byte, err error) {
	n, b, err := CutUvarint(b)
	if err != nil {
		return nil, nil, err
	}
	if n > uint64(len(b)) {
		return nil, nil, ErrTruncated
	}
	return b[:n:n], b[n:], nil
}

// CutBool reads a Bool or a presence byte.
func CutBool(b []byte) (value bool, rest []byte, err error) {
	if len(b) == 0 {
		return false, nil, ErrTruncated
	}
	if b[0] > 1 {
		return false, nil, ErrInvalid
	}
	return b[0] == 1, b[1:], nil
}

// CutTime reads a Time.
func CutTime(b []byte) (seconds int64, nanoseconds uint32, present bool, rest []byte, err error) {
	v, b, err := CutUvarint(b)
	if err != nil || v == 0 {
		return 0, 0, false, b, err
	}
	zigzag := v - 1
	seconds = int64(zigzag>>1) ^ -int64(zigzag&1)
	n, b, err := CutUvarint(b)
	if err == nil && n > 999_999_999 {
		err = ErrInvalid
	}
	return seconds, uint32(n), true, b, err
}

// CutCount reads the count of a List or Map and checks that at least one byte
// per element is left, as every valid shape has it, so that a count is safe to
// allocate by.
func CutCount(b []byte) (int, []byte, error) {
	n, b, err := CutUvarint(b)
	if err != nil {
		return 0, nil, err
	}
	if n > uint64(len(b)) {
		return 0, nil, ErrTruncated
	}
	return int(n), b, nil
}
