// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzDecode decodes arbitrary bytes as a message of each type: nothing
// panics, nothing behind the bytes is read, the bytes are left alone, and what
// Append makes of the message is a fixed point.
func FuzzDecode(f *testing.F) {
	names := slices.Sorted(maps.Keys(codecs))
	for i, name := range names {
		archive, err := txtar.ParseFile(filepath.Join("testdata", "vectors", name+".txtar"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, ".hex") || strings.HasSuffix(file.Name, ".bad") {
				f.Add(uint8(i), unhex(f, file.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, b []byte) {
		name := names[int(i)%len(names)]
		first := codecs[name]()
		// A read behind the length would see the guard, a read behind the
		// capacity would panic.
		guarded := append(bytes.Clone(b), "guard"...)[:len(b):len(b)]
		err := first.Decode(guarded)
		if !bytes.Equal(guarded, b) {
			t.Fatalf("%s: Decode changed its input %x to %x", name, b, guarded)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "malformed ") {
				t.Fatalf("%s: Decode(%x) = %v, want an error that names the message", name, b, err)
			}
			return
		}
		once := first.Append(nil)
		second := codecs[name]()
		if err := second.Decode(once); err != nil {
			t.Fatalf("%s: Decode(%x), which Append made of %x: %v", name, once, b, err)
		}
		if twice := second.Append(nil); !bytes.Equal(twice, once) {
			t.Fatalf("%s: %x decodes and appends to %x, and that to %x", name, b, once, twice)
		}
	})
}
