// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import "testing"

// heap is a guest whose calls allocate and whose collector frees everything
// but what is live.
type heap struct{ size, used, live, perCall uint64 }

func (h *heap) call() {
	h.used += h.perCall
	h.size = max(h.size, h.used)
}

// TestPacerBounds checks that memory stays near the growth that is allowed,
// however long the guest runs: to collect at growth alone would let it grow
// without end.
func TestPacerBounds(t *testing.T) {
	const kib, mib = 1 << 10, 1 << 20
	for _, perCall := range []uint64{100, 4 * kib, 64 * kib, 3 * mib} {
		h := heap{size: 2 * mib, used: 2 * mib, live: 2 * mib, perCall: perCall}
		p := pacer{growth: 8 * mib, last: h.size}
		collections := 0
		for range 100_000 {
			h.call()
			if p.due(h.size) {
				h.used = h.live
				collections++
			}
		}
		if limit := uint64(2*mib+8*mib+8*mib) + 16*perCall; h.size > limit {
			t.Errorf("%d bytes per call: memory grew to %d MiB, want at most %d", perCall, h.size/mib, limit/mib)
		}
		allocated := perCall * 100_000
		if most := int(allocated/(2*mib)) + 20; collections > most {
			t.Errorf("%d bytes per call: %d collections for %d MiB, want at most %d", perCall, collections, allocated/mib, most)
		}
	}
}

// TestPacerForgets checks that one call that allocates much does not make the
// guest collect after each of the small ones that follow.
func TestPacerForgets(t *testing.T) {
	const mib = 1 << 20
	h := heap{size: mib, perCall: 32 * mib}
	p := pacer{growth: 8 * mib, last: h.size}
	collections := 0
	for range 10_000 {
		h.call()
		if p.due(h.size) {
			h.used, collections = h.live, collections+1
		}
		h.perCall = 1 << 10
	}
	if collections > 150 {
		t.Errorf("%d collections in 10,000 calls", collections)
	}
}

func TestPacerIdle(t *testing.T) {
	p := pacer{growth: 1 << 20, last: 1 << 20}
	for n := range 1000 {
		if p.due(1<<20 + 65536) {
			t.Fatalf("collection due at call %d, memory grew by one page only", n)
		}
	}
}
