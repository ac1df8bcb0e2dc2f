// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// TestDeep runs deep recursions to their end, with a count of what is done
// between two yields: neither on the way down nor on the way up is it more
// than twice what was granted.
func TestDeep(t *testing.T) {
	const granted, depth = 20_000, 3000
	for name, file := range map[string][]byte{
		"work behind the call":     fixture(t, "deep_behind"),
		"work between two calls":   fixture(t, "deep_between"),
		"a call in nested loops":   functionOf(recursion(3)),
		"a call in no loop at all": functionOf(recursion(0)),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, granted)
			r.ledgers = map[api.Module]*ledger{}
			m, err := r.instantiate(t, file, wazero.NewModuleConfig())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.ExportedFunction("run").Call(t.Context(), depth); err != nil {
				t.Fatal(err)
			}
			l := r.ledger(m)
			l.calls++
			l.close(t)
			t.Logf("%d yields, %d instructions, at most %d between two yields", r.yields, l.work(), l.longest)
			if l.longest > 2*granted+slack {
				t.Errorf("%d instructions between two yields of %d units", l.longest, granted)
			}
		})
	}
}

// recursion is a body that calls itself with a depth that is one less, inside
// of loops, and does as much work behind each as fits into a segment.
func recursion(loops int) []byte {
	work := slices.Repeat([]byte{0x41, 0, 0x1a}, 2000)
	return slices.Concat(
		[]byte{0x20, 0, 0x45, 0x04, 0x40, 0x0f, 0x0b}, // if it is 0, return
		slices.Repeat([]byte{0x03, 0x40}, loops),
		[]byte{0x20, 0, 0x41, 1, 0x6b, 0x10, 0}, // call
		slices.Repeat(append([]byte{0x0b}, work...), loops),
		work)
}
