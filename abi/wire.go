// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import (
	"encoding/binary"
	"errors"
	"math"
)

// The protobuf wire types that the messages use.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// maxDepth bounds the nesting of shapes, the only recursive message.
const maxDepth = 32

// errTruncated and its neighbours are the causes inside a [MalformedError].
var (
	errTruncated = errors.New("the message ends inside the field")
	errOverflow  = errors.New("the number does not fit")
	errTag       = errors.New("there is no such field number")
	errWireType  = errors.New("the wire type is not the one of the schema")
	errUTF8      = errors.New("the string is not UTF-8")
	errDepth     = errors.New("nested too deeply")
	errMany      = errors.New("there are too many of them")
)

// MalformedError reports bytes that are not the message that they should be.
type MalformedError struct {
	Message string // the message type, "Request"
	Field   string // the field's name in the schema, or its number as "#12"
	Cause   error
}

// Error names the message, the field and the cause.
func (e *MalformedError) Error() string {
	return "malformed " + e.Message + ": field " + e.Field + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *MalformedError) Unwrap() error { return e.Cause }

func appendTag(b []byte, number, wire int) []byte {
	return appendUvarint(b, uint64(number)<<3|uint64(wire))
}

// appendUvarint has the usual case where the compiler can put it into the caller.
func appendUvarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return binary.AppendUvarint(b, v)
}

// The append functions leave out zero values, as proto3 does.

func appendString(b []byte, number int, s string) []byte {
	if s == "" {
		return b
	}
	return appendElement(b, number, s)
}

// appendElement appends an element of a repeated string, also an empty one.
func appendElement(b []byte, number int, s string) []byte {
	b = appendTag(b, number, wireBytes)
	b = appendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendStrings appends a repeated string.
func appendStrings(b []byte, number int, elements []string) []byte {
	for _, s := range elements {
		b = appendElement(b, number, s)
	}
	return b
}

func appendBytes(b []byte, number int, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	b = appendTag(b, number, wireBytes)
	b = appendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

func appendUint(b []byte, number int, v uint64) []byte {
	if v == 0 {
		return b
	}
	return appendUintAlways(b, number, v)
}

// appendUintAlways also appends 0, for a field that tells it from absent.
func appendUintAlways(b []byte, number int, v uint64) []byte {
	b = appendTag(b, number, wireVarint)
	return appendUvarint(b, v)
}

func appendBool(b []byte, number int, v bool) []byte {
	if !v {
		return b
	}
	return append(appendTag(b, number, wireVarint), 1)
}

func appendDouble(b []byte, number int, v float64) []byte {
	if v == 0 {
		return b
	}
	b = appendTag(b, number, wireFixed64)
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

// message is what can be embedded in another message.
type message interface {
	Append(b []byte) []byte
}

func appendMessage(b []byte, number int, m message) []byte {
	b = appendTag(b, number, wireBytes)
	start := len(b)
	b = m.Append(b)
	size := len(b) - start
	b = appendUvarint(b, uint64(size)) // makes room for the length, which goes before the message
	copy(b[len(b)-size:], b[start:start+size])
	binary.PutUvarint(b[start:], uint64(size))
	return b
}

// appendBytesAlways also appends an empty value: an embedded message without
// fields is present.
func appendBytesAlways(b []byte, number int, v []byte) []byte {
	b = appendTag(b, number, wireBytes)
	b = appendUvarint(b, uint64(len(v)))
	return append(b, v...)
}
