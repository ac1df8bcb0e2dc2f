// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"encoding/binary"
	"slices"
)

// The tests that need code which no text would show put modules together from
// bytes.

// sized joins the parts, with their length in front.
func sized(parts ...[]byte) []byte { return appendSized(nil, slices.Concat(parts...)) }

func appendSized(out, content []byte) []byte {
	return append(binary.AppendUvarint(out, uint64(len(content))), content...)
}

// signed appends a signed LEB128 number.
func signed(out []byte, n int) []byte {
	for ; n < -64 || n > 63; n >>= 7 {
		out = append(out, byte(n&0x7f|0x80))
	}
	return append(out, byte(n&0x7f))
}
