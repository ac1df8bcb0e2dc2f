// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wcm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeControllerCompiles builds the controller that the README shows.
func TestReadmeControllerCompiles(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	code, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("README.md: got no block of Go code, want the smallest controller")
	}
	file := filepath.Join(t.TempDir(), "main.go")
	source := "package main\n\nimport (\n\t\"context\"\n\n\t\"" + modulePath + "/sdk\"\n)\n\n" + code
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-o", filepath.Join(t.TempDir(), "hello.wasm"), file)
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("build the controller of README.md: %v\n%s", err, output)
	}
}
