// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

// TestFrozen holds version 1 as it was when it was frozen: what
// testdata/v1.txt has may be added to, and neither be changed nor removed. A
// change that needs another line there needs another major version.
func TestFrozen(t *testing.T) {
	frozen, err := os.ReadFile("testdata/v1.txt")
	if err != nil {
		t.Fatal(err)
	}
	is := contract(t)
	lines := strings.Split(strings.TrimSpace(string(frozen)), "\n")
	if len(lines) < 200 {
		t.Errorf("testdata/v1.txt has %d lines, want the whole contract", len(lines))
	}
	for _, line := range lines {
		if !slices.Contains(is, line) {
			t.Errorf("version 1 of the contract has %q, which is not there any more", line)
		}
	}
	if t.Failed() {
		t.Logf("the contract is now\n%s", strings.Join(is, "\n"))
	}
}

// contract returns what guests and hosts rely on, a line each.
func contract(t *testing.T) []string {
	t.Helper()
	lines := []string{"import module " + abi.ImportModule, "marker " + abi.Marker}
	for _, export := range []string{
		abi.ExportInitialize, abi.ExportRenew, abi.ExportAlloc, abi.ExportDescribe, abi.ExportConfigure, abi.ExportReconcile, abi.ExportMap, abi.ExportGC,
	} {
		lines = append(lines, "export "+export)
	}
	for op := range abi.Operation(abi.Operations) {
		lines = append(lines, "import "+op.String())
	}
	for status := range abi.Status(abi.Statuses) {
		lines = append(lines, fmt.Sprintf("status %d %s", status, status))
	}
	schema, err := os.ReadFile("abi.proto")
	if err != nil {
		t.Fatal(err)
	}
	within := ""
	for line := range strings.Lines(string(schema)) {
		line, _, _ = strings.Cut(line, "//")
		line = strings.Join(strings.Fields(line), " ")
		switch {
		case strings.HasPrefix(line, "message ") || strings.HasPrefix(line, "enum "):
			within = strings.TrimSuffix(line, " {")
		case strings.HasSuffix(line, ";") && within != "":
			lines = append(lines, within+": "+strings.TrimSuffix(line, ";"))
		}
	}
	return lines
}
