// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

func TestNamePrefix(t *testing.T) {
	tests := []struct{ reason, test, want string }{
		{"the word Test says nothing", "TestPods", "t-pods-"},
		{"subtests have slashes", "TestPods/with_a name", "t-pods-with-a-name-"},
		{"a digit may not come first in some names", "Test1", "t-1-"},
		{"other letters are dashes", "TestÄ", "t--"},
		{"room is left for the suffix", "Test" + strings.Repeat("x", 80), "t-" + strings.Repeat("x", 50) + "-"},
	}
	for _, test := range tests {
		got := namePrefix(test.test)
		if got != test.want {
			t.Errorf("namePrefix(%q) = %q, want %q: %s", test.test, got, test.want, test.reason)
		}
		if problems := validation.IsDNS1123Label(got + "abcde"); len(problems) > 0 {
			t.Errorf("namePrefix(%q) = %q is no beginning of a name: %v", test.test, got, problems)
		}
	}
}

func TestVersionFlags(t *testing.T) {
	goMod := filepath.Join(t.TempDir(), "go.mod")
	if err := os.WriteFile(goMod, []byte("module x\n\nrequire (\n\tk8s.io/kubernetes v1.37.2\n)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := versionFlags(goMod)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"component-base/version.gitVersion=v1.37.2", "gitMajor=1 ", "gitMinor=37 "} {
		if !strings.Contains(got, want) {
			t.Errorf("versionFlags = %q, want %q in it", got, want)
		}
	}
}

func TestFresh(t *testing.T) {
	source := t.TempDir()
	binary := filepath.Join(t.TempDir(), "binary")
	if fresh(binary, source) {
		t.Error("a missing binary is fresh")
	}
	if err := os.WriteFile(binary, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	hour := time.Now().Add(time.Hour)
	if err := os.Chtimes(binary, hour, hour); err != nil {
		t.Fatal(err)
	}
	if !fresh(binary, source) {
		t.Error("a binary newer than its source is not fresh")
	}
	if err := os.WriteFile(filepath.Join(source, "main.go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	later := hour.Add(time.Hour)
	if err := os.Chtimes(filepath.Join(source, "main.go"), later, later); err != nil {
		t.Fatal(err)
	}
	if fresh(binary, source) {
		t.Error("a binary older than its source is fresh")
	}
}

func TestQuote(t *testing.T) {
	if got, want := quote("a b", "it's"), `'a b' 'it'\''s'`; got != want {
		t.Errorf("quote = %s, want %s", got, want)
	}
}
