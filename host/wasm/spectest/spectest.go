// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package spectest reads the test suite of the WebAssembly specification,
// version 2.0, which wazero has among the files of its module. It is imported
// by tests only, and runs nothing.
package spectest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Script is one file of the suite, as wast2json renders it.
type Script struct {
	Name     string
	Commands []Command

	folder string
}

// Command is one step of a script.
type Command struct {
	Type       string  `json:"type"` // module, assert_return, assert_invalid, …
	Line       int     `json:"line"`
	Name       string  `json:"name"`        // of a module
	Filename   string  `json:"filename"`    // of a module
	ModuleType string  `json:"module_type"` // "text" for what is no binary
	As         string  `json:"as"`          // of a register
	Text       string  `json:"text"`        // what is wrong
	Action     Action  `json:"action"`
	Expected   []Value `json:"expected"`
}

// Action calls a function or reads a global.
type Action struct {
	Type   string  `json:"type"` // invoke or get
	Module string  `json:"module"`
	Field  string  `json:"field"`
	Args   []Value `json:"args"`
}

// Value is an argument or a result. Value is a number as a string, or an
// array of them for the lanes of a vector.
type Value struct {
	Type  string          `json:"type"`
	Lane  string          `json:"lane_type"`
	Value json.RawMessage `json:"value"`
}

// Load returns all scripts.
func Load(t testing.TB) []Script {
	t.Helper()
	folder := filepath.Join(wazero(t), "internal/integration_test/spectest/v2/testdata")
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%s has %d scripts, %v: expected more than a hundred", folder, len(files), err)
	}
	scripts := make([]Script, len(files))
	for i, file := range files {
		scripts[i] = Script{Name: strings.TrimSuffix(filepath.Base(file), ".json"), folder: folder}
		if err := json.Unmarshal(read(t, file), &scripts[i]); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return scripts
}

// Module returns the binary of a command, or nil if it has none.
func (s *Script) Module(t testing.TB, c *Command) []byte {
	t.Helper()
	if c.Filename == "" || c.ModuleType == "text" {
		return nil
	}
	return read(t, filepath.Join(s.folder, c.Filename))
}

// Host returns the module "spectest", which the scripts import from.
func Host(t testing.TB) []byte {
	t.Helper()
	return read(t, filepath.Join(wazero(t), "internal/integration_test/spectest/testdata/spectest.wasm"))
}

func wazero(t testing.TB) string {
	t.Helper()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatalf("find the module of wazero: %v", err)
	}
	return strings.TrimSpace(string(folder))
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
