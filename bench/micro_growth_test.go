// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"testing"

	"github.com/wasm-controller-manager/wcm/bench/benchtest"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// BenchmarkGrowthOfObjects is [BenchmarkEvent] about pods from all over a cache
// that has ever more of them.
func BenchmarkGrowthOfObjects(b *testing.B) {
	for _, pods := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(pods), func(b *testing.B) {
			server := benchtest.NewServer(pods, false)
			benchmarkEvents(b, open(b, server), benchtest.SpreadBatches(server))
		})
	}
}

// BenchmarkGrowthOfPlugins is [BenchmarkEvent] with ever more plugins that watch
// the same resource, each in namespaces of its own: the events are in those of one.
func BenchmarkGrowthOfPlugins(b *testing.B) {
	const spaces = 3 // of the pods of a batch
	for _, plugins := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(plugins), func(b *testing.B) {
			server := benchtest.NewServer(benchtest.BatchSize, false)
			set := newSet(b, server)
			for i := range plugins - 1 {
				view := openIn(b, set, fmt.Sprintf("team-%03d", spaces+i))
				if _, err := view.Watch(store.WatchOptions{Handler: func(c store.Change) {
					b.Errorf("the plugin of other namespaces is told of %s/%s", c.Namespace, c.Name)
				}}); err != nil {
					b.Fatal(err)
				}
			}
			view := openIn(b, set, "team-000", "team-001", "team-002")
			benchmarkEvents(b, view, benchtest.NewBatches(server))
		})
	}
}
