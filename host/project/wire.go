// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import "encoding/binary"

// The wire types of protobuf.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// wireField is one field of a message as it stands on the wire.
type wireField struct {
	number uint64
	wire   uint8
	value  uint64 // of a varint
	start  int    // of the payload; for bytes behind their length
	end    int    // behind the payload
}

// readField reads the field at i of a message that ends at end. It reports
// false if the bytes are no protobuf. Groups are none for this purpose: no API
// type has them.
func readField(data []byte, i, end int) (f wireField, ok bool) {
	tag, i := readVarint(data, i, end)
	if i < 0 || tag>>3 == 0 {
		return f, false
	}
	f.number, f.wire, f.start = tag>>3, uint8(tag&7), i
	switch f.wire {
	case wireVarint:
		f.value, f.end = readVarint(data, i, end)
		return f, f.end >= 0
	case wireFixed64:
		f.end = i + 8
	case wireFixed32:
		f.end = i + 4
	case wireBytes:
		n, next := readVarint(data, i, end)
		if next < 0 || n > uint64(end-next) {
			return f, false
		}
		f.start, f.end = next, next+int(n)
	default:
		return f, false
	}
	return f, f.end <= end
}

// readVarint reads an unsigned varint at i and returns the index behind it,
// -1 if there is none before end.
func readVarint(data []byte, i, end int) (v uint64, next int) {
	if i < end && data[i] < 0x80 {
		return uint64(data[i]), i + 1
	}
	v, n := binary.Uvarint(data[i:end])
	if n <= 0 {
		return 0, -1
	}
	return v, i + n
}
