// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/kubernetes/scheme"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/wasm-controller-manager/wcm/bench/benchtest"
)

// BenchmarkHeap is the heap per cached pod, managed fields stripped.
func BenchmarkHeap(b *testing.B) {
	const pods = 50_000
	benchtest.Heap(b, pods, func() any {
		c, _ := open(b, benchtest.NewServer(pods, false), nil)
		return c
	})
}

// BenchmarkGet is one read of a pod from the cache, among 10,000, which copies it.
func BenchmarkGet(b *testing.B) {
	const pods, gets = 10_000, 100
	server := benchtest.NewServer(pods, false)
	_, reader := open(b, server, nil)
	keys := make([]client.ObjectKey, gets)
	for i := range keys {
		namespace, name := benchtest.Key(pods/2 + i)
		keys[i] = client.ObjectKey{Namespace: namespace, Name: name}
	}
	report := benchtest.Meter(b)
	for b.Loop() {
		for _, key := range keys {
			var pod corev1.Pod
			if err := reader.Get(b.Context(), key, &pod); err != nil {
				b.Fatal(err)
			}
			if pod.Spec.NodeName == "" {
				b.Fatal("a pod has no node")
			}
		}
	}
	report(gets, "get")
}

// BenchmarkList is one pod of a cached list of 500: all pods of the cache, and
// those that an index has of a label, among five times as many.
func BenchmarkList(b *testing.B) {
	b.Run("list", func(b *testing.B) { benchmarkList(b, 500) })
	b.Run("list-by-label", func(b *testing.B) { benchmarkList(b, 2500, client.MatchingFields{appIndex: "web"}) })
}

func benchmarkList(b *testing.B, pods int, options ...client.ListOption) {
	const listed = 500
	c, reader := open(b, benchtest.NewServer(pods, false), nil)
	byApp := func(o client.Object) []string { return []string{o.GetLabels()["app"]} }
	if err := c.IndexField(b.Context(), &corev1.Pod{}, appIndex, byApp); err != nil {
		b.Fatal(err)
	}
	report := benchtest.Meter(b)
	for b.Loop() {
		var list corev1.PodList
		if err := reader.List(b.Context(), &list, options...); err != nil {
			b.Fatal(err)
		}
		if len(list.Items) != listed {
			b.Fatalf("%d pods, want %d", len(list.Items), listed)
		}
	}
	report(listed, "object")
}

// appIndex is the index of pods by the value of their label app.
const appIndex = "app"

// BenchmarkEvent is a watch event from the frame on the wire to the handler:
// reflector, typed decoder, cache. Nothing is compared, since no handler of
// controller-runtime's is without work to decide that.
func BenchmarkEvent(b *testing.B) {
	for _, c := range []struct {
		name     string
		onlyJSON bool
	}{{"protobuf", false}, {"json", true}} {
		b.Run(c.name, func(b *testing.B) { benchmarkEvent(b, benchtest.NewServer(benchtest.BatchSize, c.onlyJSON)) })
	}
}

func benchmarkEvent(b *testing.B, server *benchtest.Server) {
	batches := benchtest.NewBatches(server)
	_, last := batches.Last()
	seen, done := 0, make(chan struct{})
	open(b, server, toolscache.ResourceEventHandlerFuncs{UpdateFunc: func(_, after any) {
		seen++
		if after.(*corev1.Pod).Name == last {
			done <- struct{}{}
		}
	}})
	report := benchtest.Meter(b)
	for b.Loop() {
		batches.Send()
		<-done
	}
	report(benchtest.BatchSize, "event")
	if want := b.N * benchtest.BatchSize; seen != want {
		b.Fatalf("the handler saw %d events of %d batches, want %d", seen, b.N, want)
	}
}

// open returns controller-runtime's cache of all pods, which is filled, and
// the client that reads from it.
func open(b *testing.B, server *benchtest.Server, handler toolscache.ResourceEventHandler) (cache.Cache, client.Client) {
	b.Helper()
	config := server.Config()
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Pod"), meta.RESTScopeNamespace)
	c, err := cache.New(config, cache.Options{
		Scheme: scheme.Scheme, Mapper: mapper, DefaultTransform: cache.TransformStripManagedFields(),
	})
	if err != nil {
		b.Fatal(err)
	}
	reader, err := client.New(config, client.Options{
		Scheme: scheme.Scheme, Mapper: mapper, Cache: &client.CacheOptions{Reader: c},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Start(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	informer, err := c.GetInformer(b.Context(), &corev1.Pod{})
	if err != nil {
		b.Fatal(err)
	}
	if !c.WaitForCacheSync(b.Context()) {
		b.Fatal("the cache is not filled")
	}
	if handler != nil {
		registration, err := informer.AddEventHandler(handler)
		if err != nil {
			b.Fatal(err)
		}
		if !toolscache.WaitForCacheSync(b.Context().Done(), registration.HasSynced) {
			b.Fatal("the handler has not seen all pods")
		}
	}
	return c, reader
}
