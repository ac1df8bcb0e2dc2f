// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestSkips runs loops whose branches jump over the charges in their long
// text, and execute nearly all of the rest: whatever they leave uncharged
// shows at once.
func TestSkips(t *testing.T) {
	work := func(n int) []byte { return slices.Repeat([]byte{0x41, 0, 0x1a}, n/2) } // i32.const, drop
	one, zero := []byte{0x41, 1}, []byte{0x41, 0}
	// Each piece executes about 4,000 instructions and jumps over a few, among
	// which is the end of a segment.
	const pieces, done, skipped = 12, 3950, 300
	repeat := func(piece ...[]byte) []byte { return slices.Repeat(slices.Concat(piece...), pieces) }
	// turns makes a loop of a body; the local counts the turns.
	turns := func(body []byte) []byte {
		return slices.Concat([]byte{0x03, 0x40}, body, []byte{0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b})
	}
	for name, body := range map[string][]byte{
		"nothing jumps":     turns(repeat(work(done))),
		"br":                turns(repeat(work(done), []byte{0x02, 0x40, 0x0c, 0}, work(skipped), []byte{0x0b})),
		"br_if":             turns(repeat(work(done), []byte{0x02, 0x40}, one, []byte{0x0d, 0}, work(skipped), []byte{0x0b})),
		"br_table":          turns(repeat(work(done), []byte{0x02, 0x40}, one, []byte{0x0e, 1, 0, 0}, work(skipped), []byte{0x0b})),
		"if":                turns(repeat(work(done), zero, []byte{0x04, 0x40}, work(skipped), []byte{0x0b})),
		"if, to the else":   turns(repeat(work(done/2), zero, []byte{0x04, 0x40}, work(skipped), []byte{0x05}, work(done/2), []byte{0x0b})),
		"if, over the else": turns(repeat(one, []byte{0x04, 0x40}, work(done), []byte{0x05}, work(skipped), []byte{0x0b})),
		"a branch out of two blocks": turns(repeat(work(done),
			[]byte{0x02, 0x40, 0x02, 0x40}, one, []byte{0x0d, 1, 0x0b}, work(skipped), []byte{0x0b})),
		"a branch out of a loop": turns(repeat(work(done),
			[]byte{0x02, 0x40, 0x03, 0x40}, one, []byte{0x0d, 1, 0x0b}, work(skipped), []byte{0x0b})),
		"a branch over a loop": turns(repeat(work(done),
			[]byte{0x02, 0x40}, one, []byte{0x0d, 0, 0x03, 0x40}, work(skipped), []byte{0x0b, 0x0b})),
		// The number 1 turns back to itself until the turns are done.
		"a dispatch": slices.Concat(
			[]byte{0x03, 0x40, 0x02, 0x40, 0x02, 0x40, 0x20, 1, 0x0e, 1, 0, 1, 0x0b},
			work(100), []byte{0x0b}, work(done),
			[]byte{0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x04, 0x40, 0x41, 1, 0x21, 1, 0x0c, 1, 0x0b, 0x0b}),
		"a dispatch of many segments": slices.Concat(
			[]byte{0x03, 0x40, 0x02, 0x40, 0x02, 0x40, 0x20, 1, 0x0e, 1, 0, 1, 0x0b},
			work(100), []byte{0x0b}, repeat(work(done), []byte{0x02, 0x40, 0x0c, 0}, work(skipped), []byte{0x0b}),
			[]byte{0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x04, 0x40, 0x41, 1, 0x21, 1, 0x0c, 1, 0x0b, 0x0b}),
		"a dispatch that jumps ahead": slices.Concat(
			[]byte{0x03, 0x40, 0x02, 0x40, 0x02, 0x40, 0x02, 0x40, 0x20, 1, 0x0e, 2, 0, 1, 2, 0x0b},
			work(100), []byte{0x0b},
			work(3000), []byte{0x41, 2, 0x21, 1, 0x0c, 1}, work(5150), []byte{0x0b}, work(4000),
			[]byte{0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x04, 0x40, 0x41, 1, 0x21, 1, 0x0c, 1, 0x0b, 0x0b}),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuntime(t, 0)
			r.ledgers = map[api.Module]*ledger{}
			m, err := r.instantiate(t, functionOf(body), wazero.NewModuleConfig())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.ExportedFunction("run").Call(t.Context(), 20); err != nil {
				t.Fatal(err)
			}
			l := r.ledger(m)
			l.close(t)
			t.Logf("%d instructions for %d units, at most %d between two yields", l.work(), l.spent, l.longest)
			if l.spent > 3*l.work() {
				t.Errorf("%d instructions cost %d units", l.work(), l.spent)
			}
			if l.longest > 2*4500 {
				t.Errorf("%d instructions between two charges", l.longest)
			}
		})
	}
}

// functionOf is a module with one function, "run", that has a parameter and a
// local of type i32.
func functionOf(body []byte) []byte {
	code := sized(slices.Concat([]byte{1, 1, 0x7f}, body, []byte{0x0b}))
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		[]byte{wasm.SectionType}, sized([]byte{1, 0x60, 1, 0x7f, 0}),
		[]byte{wasm.SectionFunction, 2, 1, 0},
		[]byte{wasm.SectionExport}, sized([]byte("\x01\x03run\x00\x00")),
		[]byte{wasm.SectionCode}, sized(append([]byte{1}, code...)))
}
