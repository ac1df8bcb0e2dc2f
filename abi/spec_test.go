// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"os"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

// TestSpecification checks that README.md leaves nothing out, and that its Pod
// is the one of the vectors.
func TestSpecification(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	words := []string{
		abi.Marker, abi.ImportModule, abi.ExportInitialize, abi.ExportRenew, abi.ExportAlloc, abi.ExportDescribe,
		abi.ExportConfigure, abi.ExportReconcile, abi.ExportMap, abi.ExportGC,
	}
	for op := range abi.Operation(abi.Operations) {
		words = append(words, op.String())
	}
	for status := range abi.Status(abi.Statuses) {
		words = append(words, status.String())
	}
	pod, err := os.ReadFile("testdata/vectors/record-pod.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, dump, _ := strings.Cut(string(pod), "-- hex --\n")
	dump, _, _ = strings.Cut(dump, "-- json --\n")
	page := strings.Join(strings.Fields(string(text)), " ")
	for line := range strings.Lines(dump) {
		digits, field, _ := strings.Cut(line, "  # ")
		if !strings.Contains(page, digits) {
			t.Errorf("README.md: the Pod lacks %s, which is %s", digits, field)
		}
	}
	for _, word := range words {
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("README.md does not explain `%s`", word)
		}
	}
}
