// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wcm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi/abitest"
)

// TestConformance checks that every plugin and example keeps the contract, as
// the standard toolchain builds it.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("builds every plugin")
	}
	var mains []string
	for _, pattern := range []string{"plugins/*/main.go", "examples/*/main.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("Glob(%s) = %v, %v; want a plugin at least", pattern, found, err)
		}
		mains = append(mains, found...)
	}
	for _, file := range mains {
		folder := filepath.Dir(file)
		t.Run(folder, func(t *testing.T) { abitest.Run(t, buildGuest(t, folder)) })
	}
}

func buildGuest(t *testing.T, folder string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "guest.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file, "./"+folder)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, output)
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}
