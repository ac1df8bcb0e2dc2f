// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"github.com/wasm-controller-manager/wcm/bench/benchtest"
	"github.com/wasm-controller-manager/wcm/host/control"
)

// BenchmarkWake is the first reconcile of a plugin whose code is not in memory:
// load the code from the cache on disk, make an instance, configure it, call it.
func BenchmarkWake(b *testing.B) {
	for _, c := range []struct {
		name string
		wasm func(b *testing.B) []byte
	}{{"wat", minimalGuest}, {"go", benchGuest}} {
		b.Run(c.name, func(b *testing.B) {
			h := benchHost(b)
			v := benchVersion(b, h, c.wasm(b))
			r := &reconciler{pool: v.pool, name: "bench", supervisor: v.supervisor}
			attempt := control.Attempt{Key: control.Key{Namespace: "default", Name: "object"}, ID: "1"}
			report := benchtest.Meter(b)
			for b.Loop() {
				b.StopTimer()
				for v.module.Loaded() {
					if err := v.pool.Expire(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
				if outcome := r.Reconcile(b.Context(), attempt); outcome.Err != nil {
					b.Fatal(outcome.Err)
				}
			}
			report(1, "wake")
		})
	}
}
