// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bootstrap_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCopy holds this package equal to the one that the control plane's own
// module has; the package comment says why there are two.
func TestCopy(t *testing.T) {
	const original = "../../../../cmd/control-plane/bootstrap"
	want, got := sources(t, original), sources(t, ".")
	if !slices.Equal(want, got) {
		t.Fatalf("files differ: the original has %v, the copy %v", want, got)
	}
	for _, file := range want {
		if !bytes.Equal(read(t, filepath.Join(original, file)), read(t, file)) {
			t.Errorf("%s differs from %s; change the original and copy it here", file, original)
		}
	}
}

func sources(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
