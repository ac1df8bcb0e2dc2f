// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// BenchmarkLoad takes a module's code from the cache on disk, as a plugin does
// that wakes when its code has been dropped.
func BenchmarkLoad(b *testing.B) {
	guest := filepath.Join(b.TempDir(), "guest.wasm")
	hosttest.BuildPlugin(b, "bench/guests/noop", guest)
	large, err := os.ReadFile(guest)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		wasm []byte
	}{{"wat", read(b, "minimal")}, {"go", large}} {
		b.Run(c.name, func(b *testing.B) {
			compiler := open(b, module.Options{CacheDir: filepath.Join(b.TempDir(), "cache")})
			for b.Loop() {
				m, err := compiler.Compile(b.Context(), c.wasm)
				if err != nil {
					b.Fatal(err)
				}
				if err := m.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
