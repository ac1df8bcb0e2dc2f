// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wcm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	makeCommand  = regexp.MustCompile("(?m)(?:^ {4}|`)make ([a-z-]+)")
	makeTarget   = regexp.MustCompile(`(?m)^([a-z-]+):`)
	relativeLink = regexp.MustCompile(`\]\(([^):# "]+)\)`)
)

// TestReadmeNamesWhatIsThere checks that the targets of make that the README
// names are in the Makefile, and that its links lead to files.
func TestReadmeNamesWhatIsThere(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := firstGroups(makeTarget, makefile)
	named, links := firstGroups(makeCommand, readme), firstGroups(relativeLink, readme)
	if len(named) < 5 || len(links) < 5 {
		t.Errorf("README.md: found the targets %q and the links %q, expected five of each at least", named, links)
	}
	for _, target := range named {
		if !slices.Contains(targets, target) {
			t.Errorf("README.md names make %s, which the Makefile does not have", target)
		}
	}
	for _, link := range links {
		if _, err := os.Stat(link); err != nil {
			t.Errorf("README.md has a link that leads nowhere: %v", err)
		}
	}
}

func firstGroups(pattern *regexp.Regexp, text []byte) []string {
	var found []string
	for _, match := range pattern.FindAllSubmatch(text, -1) {
		found = append(found, string(match[1]))
	}
	return found
}

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
