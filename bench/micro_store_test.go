// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"context"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/bench/benchtest"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// BenchmarkHeap is the heap per cached pod: the store is filled through
// client-go's reflector, as from an API server.
func BenchmarkHeap(b *testing.B) {
	const pods = 50_000
	benchtest.Heap(b, pods, func() any {
		view := open(b, benchtest.NewServer(pods, false))
		if view.Len() != pods {
			b.Fatalf("the cache has %d pods, want %d", view.Len(), pods)
		}
		return view
	})
}

// BenchmarkEvent is a watch event from the frame on the wire to the decision
// whether to wake: reflector, decoder, cache, comparison, and the handler of
// those that do wake.
func BenchmarkEvent(b *testing.B) {
	for _, c := range []struct {
		name     string
		onlyJSON bool
	}{{"protobuf", false}, {"json", true}} {
		b.Run(c.name, func(b *testing.B) { benchmarkEvent(b, benchtest.NewServer(benchtest.BatchSize, c.onlyJSON)) })
	}
}

func benchmarkEvent(b *testing.B, server *benchtest.Server) {
	benchmarkEvents(b, open(b, server), benchtest.NewBatches(server))
}

// benchmarkEvents measures the events of batches, of all of whose pods the view shows
// what changes.
func benchmarkEvents(b *testing.B, view *store.View, batches *benchtest.Batches) {
	b.Helper()
	_, last := batches.Last()
	woken, done := 0, make(chan struct{})
	cancel, err := view.Watch(store.WatchOptions{Handler: func(c store.Change) {
		if c.Initial {
			return
		}
		woken++
		if c.Name == last {
			done <- struct{}{}
		}
	}})
	if err != nil {
		b.Fatal(err)
	}
	defer cancel()
	report := benchtest.Meter(b)
	for b.Loop() {
		batches.Send()
		<-done
	}
	report(benchtest.BatchSize, "event")
	if want := b.N * benchtest.BatchSize / 10; woken != want {
		b.Fatalf("woken %d times by %d batches, want %d", woken, b.N, want)
	}
}

// open returns a view of all pods, which is filled.
func open(b *testing.B, server *benchtest.Server) *store.View {
	b.Helper()
	return openIn(b, newSet(b, server))
}

// newSet returns caches that are filled from the server.
func newSet(b *testing.B, server *benchtest.Server) *store.Set {
	b.Helper()
	set := store.NewSet(store.Options{Config: server.Config()})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- set.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return set
}

// openIn returns a view of the pods in some namespaces, which is filled; without
// namespaces, of all.
func openIn(b *testing.B, set *store.Set, namespaces ...string) *store.View {
	b.Helper()
	projection, err := record.ParseShape(benchtest.Shape)
	if err != nil {
		b.Fatal(err)
	}
	options := store.ViewOptions{
		Resource: schema.GroupVersionResource{Version: "v1", Resource: "pods"}, Kind: "Pod", Namespaced: true,
		Projection: &projection, Plugin: "bench",
	}
	if len(namespaces) > 0 {
		options.Namespaces = namespaces
		options.Shows = func(namespace, _ string) bool { return slices.Contains(namespaces, namespace) }
	}
	view, err := set.Open(options)
	if err != nil {
		b.Fatal(err)
	}
	if err := view.WaitForSync(b.Context()); err != nil {
		b.Fatal(err)
	}
	return view
}
