// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package moduletest

import (
	"slices"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// Renewing returns a module with one more function, wcm_renew, which returns 0: so
// its instances may be copies of one. What is no module comes back as it is.
func Renewing(t testing.TB, file []byte) []byte {
	t.Helper()
	m, err := wasm.Decode(file, wasm.DefaultLimits())
	if err != nil {
		return file
	}
	sections := Sections{}
	for _, s := range m.Sections {
		if s.ID != Custom {
			sections[s.ID] = file[s.Start:s.End]
		}
	}
	add := func(section byte, entry ...byte) {
		content := sections[section]
		count, at := 0, 0
		for shift := 0; len(content) > 0; shift += 7 {
			count |= int(content[at]&0x7f) << shift
			if at++; content[at-1] < 0x80 {
				break
			}
		}
		sections[section] = slices.Concat(Number(count+1), content[at:], entry)
	}
	add(Types, 0x60, 0, 1, i32)
	add(3, Number(len(m.Types))...)
	add(7, slices.Concat(Vector([]byte("wcm_renew")), []byte{0}, Number(len(m.Functions)))...)
	add(10, Function(0, 0x41, 0)...)
	return sections.Bytes()
}
