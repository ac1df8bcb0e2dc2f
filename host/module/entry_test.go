// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestEntryVersion holds the version of entries to what the rewriter makes of
// a few modules.
func TestEntryVersion(t *testing.T) {
	const version, want = "2", "de11982275b0e452"
	h := sha256.New()
	for _, name := range []string{"copy", "fill", "host", "indirect", "init", "leaf", "loop", "loop_if", "loop_table", "memory_grow", "recursion", "shapes", "table_grow"} {
		file, err := os.ReadFile("../meter/testdata/" + name + ".wasm")
		if err != nil {
			t.Fatal(err)
		}
		rewritten, err := rewrite(file, wasm.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h.Write(rewritten)
	}
	if got := hex.EncodeToString(h.Sum(nil))[:16]; got != want || entryVersion != version {
		t.Errorf("the rewriter or its test modules have changed: they give %s, version %s has %s.\n"+
			"If the rewriter did, raise entryVersion, so that entries in caches are not used; then write both here.", got, version, want)
	}
}
