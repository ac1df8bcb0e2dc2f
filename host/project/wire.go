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
	value  uint64 // of a varint
	start  int    // of the payload; for bytes behind their length
	end    int    // behind the payload
	number uint32
	wire   uint8
}

// read sets f to the field at i of a message that ends at end. It reports
// false if the bytes are no protobuf. Groups are none for this purpose: no API
// type has them.
func (f *wireField) read(data []byte, i, end int) bool {
	data = data[:end]
	if i+1 < len(data) && data[i] < 0x80 && data[i] > 7 && data[i]&7 == wireBytes && data[i+1] < 0x80 {
		// The usual case: bytes, and few of them, in a field of a low number.
		f.number, f.wire, f.start = uint32(data[i]>>3), wireBytes, i+2
		f.end = f.start + int(data[i+1])
		return f.end <= end
	}
	tag, i := readVarint(data, i)
	if i < 0 || tag>>3 == 0 || tag>>3 > maxFieldNumber {
		return false
	}
	f.number, f.wire, f.start = uint32(tag>>3), uint8(tag&7), i
	switch f.wire {
	case wireBytes:
		n, next := readVarint(data, i)
		if next < 0 || n > uint64(end-next) {
			return false
		}
		f.start, f.end = next, next+int(n)
	case wireVarint:
		f.value, f.end = readVarint(data, i)
		return f.end >= 0
	case wireFixed64:
		f.end = i + 8
	case wireFixed32:
		f.end = i + 4
	default:
		return false
	}
	return f.end <= end
}

// maxFieldNumber is the highest number that protobuf allows.
const maxFieldNumber = 1<<29 - 1

// readVarint reads an unsigned varint at i and returns the index behind it, -1
// if there is none.
func readVarint(data []byte, i int) (v uint64, next int) {
	if i < len(data) && data[i] < 0x80 {
		return uint64(data[i]), i + 1
	}
	return readLongVarint(data, i)
}

func readLongVarint(data []byte, i int) (v uint64, next int) {
	v, n := binary.Uvarint(data[i:])
	if n <= 0 {
		return 0, -1
	}
	return v, i + n
}
