// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/install"
)

// BenchmarkIdlePlugin is what a plugin costs that has nothing to do: the time to
// install it, the heap and the goroutines that it keeps when its code has gone.
// Each has a digest of its own.
func BenchmarkIdlePlugin(b *testing.B) {
	const warm, plugins = 10, 200
	h := benchHost(b)
	h.archive = b.TempDir()
	leading, stop := context.WithCancel(b.Context())
	led := make(chan struct{})
	go func() { defer close(led); h.crew.run(leading) }() // ends by stop
	b.Cleanup(func() {
		stop()
		<-led
		h.removeAll(context.Background())
	})
	wasm := minimalGuest(b)
	add := func(from, to int) {
		for i := from; i < to; i++ {
			section := append([]byte{0, 9, 1, 'v'}, fmt.Sprintf("%07d", i)...)
			h.Install(b.Context(), install.Plugin{
				Name: fmt.Sprint("idle-", i), Module: append(slices.Clip(wasm), section...), Manifest: []byte(hosttest.GrantAll),
			})
		}
	}
	add(0, warm)
	b.ResetTimer()
	for range b.N {
		before := h.resting(b)
		add(warm, warm+plugins)
		perPlugin := float64(b.Elapsed().Nanoseconds()) / plugins
		after := h.resting(b)
		b.ReportMetric(float64(after.heap-before.heap)/plugins, "heap-B/plugin")
		b.ReportMetric(float64(after.goroutines-before.goroutines)/plugins, "goroutines/plugin")
		b.ReportMetric(perPlugin, "install-ns/plugin")
	}
}

type resources struct{ heap, goroutines int }

// resting lets the time pass in which plugins without work let go of what they
// have, and returns what is left.
func (h *Host) resting(b *testing.B) resources {
	b.Helper()
	for busy := true; busy; {
		h.expireOnce(b.Context())
		busy = false
		for _, s := range h.Status() {
			busy = busy || !s.Idle
		}
	}
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // what finalizers let go
	runtime.ReadMemStats(&stats)
	return resources{int(stats.HeapAlloc), runtime.NumGoroutine()}
}
