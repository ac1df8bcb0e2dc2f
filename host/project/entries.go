// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// putUvarint writes n to base, where one byte is free, and makes more room if
// that is not enough.
func putUvarint(b []byte, base, n int) []byte {
	if n < 0x80 {
		b[base] = byte(n)
		return b
	}
	var varint [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(varint[:], uint64(n))
	b = slices.Insert(b, base, varint[:size-1]...)
	copy(b[base:], varint[:size])
	return b
}

// entryKey returns the key of the map entry at i.
func entryKey(b []byte, i int) []byte {
	n, size := binary.Uvarint(b[i:])
	i += size
	return b[i : i+int(n)]
}

// sortEntries sorts the n map entries that reach from base to the end of b by
// key. Of entries with equal keys the last one stays. It returns how many are
// left. Servers send maps sorted, so this is the rare case.
func sortEntries(b []byte, base, n int, elem *record.Shape) ([]byte, int) {
	found := make([]segment, n)
	at := base
	for i := range found {
		end := skipRecord(b, skipBytes(b, at), elem)
		found[i] = segment{at, end}
		at = end
	}
	slices.SortStableFunc(found, func(a, c segment) int {
		return bytes.Compare(entryKey(b, a.start), entryKey(b, c.start))
	})
	end, kept := len(b), 0
	for i, f := range found {
		if i+1 < n && bytes.Equal(entryKey(b, f.start), entryKey(b, found[i+1].start)) {
			continue
		}
		b = append(b, b[f.start:f.end]...)
		kept++
	}
	return b[:base+copy(b[base:], b[end:])], kept
}
