// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestVersion holds the version to what Rewrite makes of a few modules.
func TestVersion(t *testing.T) {
	const version, want = 5, "0dc3dfe105397764"
	h := sha256.New()
	for _, name := range []string{"copy", "copyable", "fill", "host", "indirect", "init", "leaf", "loop", "loop_if", "loop_table", "memory_grow", "recursion", "shapes", "table_grow"} {
		m, err := wasm.Decode(fixture(t, name), wasm.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rewritten, err := meter.Rewrite(m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h.Write(rewritten)
	}
	if got := hex.EncodeToString(h.Sum(nil))[:16]; got != want || meter.Version != version {
		t.Errorf("Rewrite or the test modules have changed: they give %s, version %d gives %s.\n"+
			"If Rewrite did, raise Version, so that what older ones made is not used; then write both here.", got, version, want)
	}
}
