// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFixtures checks that the committed .wasm are what their sources say.
func TestFixtures(t *testing.T) {
	if _, err := exec.LookPath("wat2wasm"); err != nil {
		if os.Getenv("REQUIRE_WABT") != "" {
			t.Fatalf("REQUIRE_WABT is set: %v", err)
		}
		t.Skip("wat2wasm, of the package wabt, is not installed")
	}
	sources, err := filepath.Glob("testdata/*.wat")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".wat")
		rebuilt := filepath.Join(t.TempDir(), name)
		if out, err := exec.CommandContext(t.Context(), "wat2wasm", "--enable-all", "--no-check", source, "-o", rebuilt).CombinedOutput(); err != nil {
			t.Errorf("wat2wasm %s: %v\n%s", source, err, out)
			continue
		}
		want, err := os.ReadFile(rebuilt)
		if err != nil {
			t.Fatal(err)
		}
		if got := fixture(t, name); !bytes.Equal(got, want) {
			t.Errorf("%s.wasm is not what %s gives: run make fixtures", name, source)
		}
	}
}

// fixture returns a compiled .wat of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return file
}
