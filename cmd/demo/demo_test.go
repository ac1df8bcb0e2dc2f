// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"
)

// TestChangedLine checks that the line is there which the story changes.
func TestChangedLine(t *testing.T) {
	source, err := os.ReadFile("../../" + changedFile)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), changedLine) {
		t.Errorf("%s: want it to have %s", changedFile, changedLine)
	}
}
