// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/bench/benchtest"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// BenchmarkGrowthOfObjects is a reconcile that reads its object, with ever more of
// them in the cache: the thousand that are reconciled are from all over it.
func BenchmarkGrowthOfObjects(b *testing.B) {
	for _, pods := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(pods), func(b *testing.B) { newGrown(b, pods, 1).measure(b, 1) })
	}
}

// BenchmarkGrowthOfPlugins is the same with ever more plugins of one digest: once all
// reconciles are of one of them, once each has as many.
func BenchmarkGrowthOfPlugins(b *testing.B) {
	for _, plugins := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(plugins), func(b *testing.B) {
			g := newGrown(b, 10_000, plugins)
			b.Run("one", func(b *testing.B) { g.measure(b, 1) })
			b.Run("all", func(b *testing.B) { g.measure(b, plugins) })
		})
	}
}

// grown is a host with many objects and plugins, whose controllers run.
type grown struct {
	keys   []control.Key
	queues []*controller
	counts []*countdown // of what the queues have
}

func newGrown(b *testing.B, pods, plugins int) *grown {
	b.Helper()
	h := benchHostOf(b, benchtest.NewServer(pods, false).Config())
	wasm := hosttest.Fixture(b, "reads")
	g := &grown{keys: make([]control.Key, dispatched), queues: make([]*controller, plugins), counts: make([]*countdown, plugins)}
	for i := range g.keys {
		g.keys[i].Namespace, g.keys[i].Name = benchtest.Key(i * (pods / dispatched))
	}
	for i := range plugins {
		name := fmt.Sprint("bench-", i)
		v := benchPlugin(b, h, name, wasm)
		g.counts[i] = &countdown{Reconciler: &reconciler{pool: v.pool, name: "bench", supervisor: v.supervisor}}
		g.queues[i] = h.newController(h.plugin(name), &abi.Controller{Name: "bench"}, defaultConcurrency, g.counts[i])
	}
	g.run(b)
	return g
}

// run runs the controllers until the benchmark ends.
func (g *grown) run(b *testing.B) {
	b.Helper()
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	for _, queue := range g.queues {
		running.Go(func() { // ends with ctx
			if err := queue.Run(ctx); err != nil {
				b.Error(err)
			}
		})
	}
	b.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// measure reconciles the keys by the first so many plugins.
func (g *grown) measure(b *testing.B, plugins int) {
	b.Helper()
	report := benchtest.Meter(b)
	for b.Loop() {
		for i, key := range g.keys {
			g.counts[i%plugins].pending.Add(1)
			g.queues[i%plugins].Add(key)
		}
		for _, c := range g.counts[:plugins] {
			c.pending.Wait()
		}
	}
	report(dispatched, "reconcile")
	for _, c := range g.counts[:plugins] {
		if c.failure != nil {
			b.Fatal(c.failure)
		}
	}
}
