// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestVariant: variants are valid, and no two have the same code.
func TestVariant(t *testing.T) {
	module, err := os.ReadFile("guests/ring/tinygo.wasm")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := wasm.Decode(module, wasm.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, n := range []int{0, 1, 63, 64, 127, 128, 8191, 8192, 1<<20 - 1} {
		m, err := wasm.Decode(variant(module, n), wasm.DefaultLimits())
		if err != nil {
			t.Errorf("variant %d: %v", n, err)
			continue
		}
		if got, want := len(m.Code), len(whole.Code)+1; got != want {
			t.Errorf("variant %d has %d functions, want %d", n, got, want)
		}
		for _, s := range m.Sections {
			if s.ID != wasm.SectionCode {
				continue
			}
			code := string(m.File[s.Start:s.End])
			if other, found := seen[code]; found {
				t.Errorf("variants %d and %d have the same code", other, n)
			}
			seen[code] = n
		}
	}
}
