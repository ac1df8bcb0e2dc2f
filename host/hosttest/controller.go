// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// PlaceController puts a controller of ours into a plugin directory, as NAME.wasm
// with NAME.yaml, and returns the name. The folder of its source is
// plugins/source; the module is that of all controllers, built once in a
// process.
func PlaceController(t testing.TB, source, folder string) (name string) {
	t.Helper()
	manifests, err := filepath.Glob(filepath.Join(Root(), "plugins", source, "*.yaml"))
	if err != nil || len(manifests) != 1 {
		t.Fatalf("controller %s: got operator's files %v (error %v), want one", source, manifests, err)
	}
	manifest, err := os.ReadFile(manifests[0])
	if err != nil {
		t.Fatal(err)
	}
	name = strings.TrimSuffix(filepath.Base(manifests[0]), ".yaml")
	wasm, err := Bundle()
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{name + ".yaml": manifest, name + ".wasm": wasm} {
		if err := os.WriteFile(filepath.Join(folder, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

// Bundle returns the module of all controllers, plugins/bundle.
var Bundle = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "wcm-bundle-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file := filepath.Join(folder, "bundle.wasm")
	if err := build("plugins/bundle", file, "-s -w"); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})
