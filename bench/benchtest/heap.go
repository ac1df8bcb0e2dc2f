// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package benchtest

import (
	"runtime"
	"testing"
)

// Heap reports by how many bytes per object fill grows the heap, after
// collections; fill returns what keeps the objects alive.
func Heap(b *testing.B, objects int, fill func() any) {
	b.Helper()
	for b.Loop() {
		before := heap()
		kept := fill()
		b.ReportMetric(float64(heap()-before)/float64(objects), "B/object")
		runtime.KeepAlive(kept)
	}
}

func heap() uint64 {
	// Twice, since pools let go of their memory at the second.
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
