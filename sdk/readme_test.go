// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

// TestReadme builds the program of the README as it stands there and runs the
// test of the README against it.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	program, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("README.md has no program between ```go and ```")
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	const configMap = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"default","name":"a"},"data":{"x":"1"}}`
	env := sdktest.NewFor(t, start(t, load(t, build(t, file))), configMap)
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	key := sdk.Key{Namespace: "default", Name: "a"}
	if got := env.Get("ConfigMap", key).Labels().Get("keys"); got != "1" {
		t.Errorf("after Settle the label keys is %q, want 1", got)
	}
	logs := env.Logs()
	if len(logs) != 1 || logs[0].Level != abi.LevelInfo || logs[0].Attributes[0] != (abi.Pair{Key: "keys", Value: "1"}) {
		t.Errorf("logs = %+v, want one of level info with keys=1", logs)
	}
}
