// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"testing"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// CopiedImage returns the image of a module as it is on systems without
// shared ones; nil if it has none.
func CopiedImage(t *testing.T, file []byte) *Image {
	t.Helper()
	r, err := rewrite(file, wasm.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.data.bytes) == 0 {
		return nil
	}
	return &Image{offset: r.data.offset, data: r.data.bytes}
}

// CopiedSnapshot returns a snapshot as it is on systems without shared ones.
func CopiedSnapshot(t *testing.T, s *Snapshot) *Snapshot {
	t.Helper()
	unshared := *s
	unshared.shared, unshared.bytes = nil, make([]byte, s.shared.size)
	if err := s.shared.read(unshared.bytes, 0); err != nil {
		t.Fatal(err)
	}
	return &unshared
}
