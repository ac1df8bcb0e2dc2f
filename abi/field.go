// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"
)

// field is one field of a message as it stands in the bytes.
type field struct {
	message string
	number  int
	wire    int
	value   uint64 // varint, fixed64, fixed32
	data    []byte // bytes; aliases the input
	err     error  // why the payload could not be read
	alias   bool   // texts alias the input
}

// eachField calls visit for each field of a message in the order of the
// bytes. Unknown fields reach visit as well, which ignores them: a newer side
// may send more. A field whose payload is broken reaches visit too, because
// visit knows its name.
func eachField(message string, b []byte, visit func(f *field) error) error {
	if len(b) == 0 { // the commonest outcome; f below is on the heap
		return nil
	}
	f := field{message: message}
	for len(b) > 0 {
		b = f.next(b)
		if err := f.visited(visit(&f)); err != nil {
			return err
		}
	}
	return nil
}

// visited returns the error of a visit, or of a field that nobody has looked at.
func (f *field) visited(err error) error {
	if err == nil && f.err != nil {
		err = f.malformed("#"+strconv.Itoa(f.number), f.err)
	}
	return err
}

// next reads one field and returns what is behind it.
func (f *field) next(b []byte) []byte {
	f.number, f.value, f.data, f.err = 0, 0, nil, nil
	tag, n := binary.Uvarint(b)
	switch {
	case n == 0:
		f.err = errTruncated
	case n < 0 || tag>>3 == 0 || tag>>3 > 1<<29-1:
		f.err = errTag
	}
	if f.err != nil {
		return nil
	}
	f.number, f.wire = int(tag>>3), int(tag&7)
	m, err := f.payload(b[n:])
	f.err = err
	return b[n+m:]
}

// payload reads what is behind the tag and returns how many bytes it took.
func (f *field) payload(b []byte) (int, error) {
	switch f.wire {
	case wireVarint:
		v, n := binary.Uvarint(b)
		if n == 0 {
			return 0, errTruncated
		}
		if n < 0 {
			return 0, errOverflow
		}
		f.value = v
		return n, nil
	case wireFixed64:
		if len(b) < 8 {
			return 0, errTruncated
		}
		f.value = binary.LittleEndian.Uint64(b)
		return 8, nil
	case wireFixed32:
		if len(b) < 4 {
			return 0, errTruncated
		}
		f.value = uint64(binary.LittleEndian.Uint32(b))
		return 4, nil
	case wireBytes:
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return 0, errTruncated
		}
		f.data = b[n : n+int(length) : n+int(length)]
		return n + int(length), nil
	}
	return 0, errWireType
}

func (f *field) malformed(name string, cause error) error {
	return &MalformedError{Message: f.message, Field: name, Cause: cause}
}

// check reports why the field is not one of the wire type that its schema has.
func (f *field) check(name string, wire int) error {
	if f.err != nil {
		return f.malformed(name, f.err)
	}
	if f.wire != wire {
		return f.malformed(name, errWireType)
	}
	return nil
}

// The accessors below check the wire type and the range and name the field
// in their error, after which *to does not count.

func (f *field) text(name string, to *string) error {
	if err := f.check(name, wireBytes); err != nil {
		return err
	}
	if !utf8.Valid(f.data) {
		return f.malformed(name, errUTF8)
	}
	if f.alias {
		*to = unsafe.String(unsafe.SliceData(f.data), len(f.data))
	} else {
		*to = string(f.data)
	}
	return nil
}

func (f *field) texts(name string, to *[]string) error {
	var s string
	err := f.text(name, &s)
	*to = append(*to, s)
	return err
}

// bytes aliases the input.
func (f *field) bytes(name string, to *[]byte) error {
	*to = f.data
	return f.check(name, wireBytes)
}

func (f *field) uint64(name string, to *uint64) error { return f.uint(name, math.MaxUint64, to) }

func (f *field) uint32(name string, to *uint32) error {
	var v uint64
	err := f.uint(name, math.MaxUint32, &v)
	*to = uint32(v)
	return err
}

// duration reads nanoseconds.
func (f *field) duration(name string, to *time.Duration) error {
	var v uint64
	err := f.uint(name, math.MaxInt64, &v)
	*to = time.Duration(v)
	return err
}

func (f *field) bool(name string, to *bool) error {
	var v uint64
	err := f.uint(name, 1, &v)
	*to = v == 1
	return err
}

func (f *field) uint(name string, limit uint64, to *uint64) error {
	if err := f.check(name, wireVarint); err != nil {
		return err
	}
	if f.value > limit {
		return f.malformed(name, errOverflow)
	}
	*to = f.value
	return nil
}

func (f *field) double(name string, to *float64) error {
	*to = math.Float64frombits(f.value)
	return f.check(name, wireFixed64)
}

// embedded decodes an embedded message.
func (f *field) embedded(name string, to interface{ Decode(b []byte) error }) error {
	if err := f.check(name, wireBytes); err != nil {
		return err
	}
	return to.Decode(f.data)
}
