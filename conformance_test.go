// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wcm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
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
		t.Run(folder, func(t *testing.T) {
			wasm := buildGuest(t, folder)
			if folder != "plugins/bundle" {
				abitest.Run(t, wasm)
				return
			}
			for _, name := range bundled(t) {
				t.Run(name, func(t *testing.T) { abitest.Run(t, wasm, abi.ControllersVariable+"="+name) })
			}
		})
	}
}

// bundled returns the names of our controllers, each of which has an operator's
// file beside its source.
func bundled(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("plugins/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("operator's files of controllers: got %v (error %v), want one at least", files, err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".yaml")
	}
	return files
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
