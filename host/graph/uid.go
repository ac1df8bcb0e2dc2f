// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"crypto/sha256"
	"encoding/hex"
)

// UID is a uid in the room of 16 bytes, of which there are three or four for each
// object. Kubernetes' are random UUIDs; what has another form, which a client can
// write into an owner reference, is known by its hash.
type UID struct {
	bytes  [16]byte
	hashed bool
}

// ParseUID returns the UID of a text.
func ParseUID[T string | []byte](text T) (u UID) {
	if parse(&u.bytes, string(text)) {
		return u
	}
	sum := sha256.Sum256([]byte(text))
	copy(u.bytes[:], sum[:])
	u.hashed = true
	return u
}

// groups are where the hexadecimal digits of a UUID stand.
var groups = [...][2]int{{0, 8}, {9, 13}, {14, 18}, {19, 23}, {24, 36}}

func parse(into *[16]byte, text string) bool {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	n := 0
	for _, g := range groups {
		for i := g[0]; i < g[1]; i += 2 {
			high, low := digit(text[i]), digit(text[i+1])
			if high > 15 || low > 15 {
				return false
			}
			into[n] = high<<4 | low
			n++
		}
	}
	return true
}

// digit returns more than 15 for what is no digit as Kubernetes writes them.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}

// String returns the text of a UUID. A UID that is a hash has no text by which it
// would be found again, and so is nobody's key: it is empty.
func (u UID) String() string {
	if u.hashed {
		return ""
	}
	var b [36]byte
	for i := range b {
		b[i] = '-'
	}
	n := 0
	for _, g := range groups {
		hex.Encode(b[g[0]:g[1]], u.bytes[n:n+(g[1]-g[0])/2])
		n += (g[1] - g[0]) / 2
	}
	return string(b[:])
}
