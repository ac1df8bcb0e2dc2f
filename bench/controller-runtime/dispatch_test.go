// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package bench compares the host with controller-runtime. It is a module of
// its own so that the host does not depend on controller-runtime.
package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// BenchmarkDispatch measures one reconcile that does nothing, from the Add of
// its key to the end of its bookkeeping: 1000 keys are added, then waited for.
// Both sides have their metrics on, and a logger at its usual level.
func BenchmarkDispatch(b *testing.B) {
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprint("wcm/workers=", workers), func(b *testing.B) { host(b, workers) })
		b.Run(fmt.Sprint("controller-runtime/workers=", workers), func(b *testing.B) { controllerRuntime(b, workers) })
	}
}

const keys = 1000

func name(i int) string { return fmt.Sprint("object-", i) }

func host(b *testing.B, workers int) {
	var pending sync.WaitGroup
	metrics := metric.New(prometheus.NewRegistry())
	c := control.New(control.Options{
		Name: "bench",
		Reconciler: control.ReconcilerFunc(func(context.Context, control.Attempt) control.Outcome {
			pending.Done()
			return control.Outcome{}
		}),
		Concurrency:  workers,
		Logger:       slog.New(slog.NewTextHandler(io.Discard, nil)),
		Observer:     metrics.Controller("bench"),
		QueueMetrics: metrics.WorkQueues(),
	})
	all := make([]control.Key, keys)
	for i := range all {
		all[i] = control.Key{Namespace: "default", Name: name(i)}
	}
	run(b, c.Run, &pending, func() {
		for _, key := range all {
			c.Add(key)
		}
	})
}

func controllerRuntime(b *testing.B, workers int) {
	var pending sync.WaitGroup
	skip := true
	c, err := controller.NewUnmanaged("bench", controller.Options{
		Reconciler: reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
			pending.Done()
			return reconcile.Result{}, nil
		}),
		MaxConcurrentReconciles: workers,
		Logger:                  logr.FromSlogHandler(slog.NewTextHandler(io.Discard, nil)),
		SkipNameValidation:      &skip,
	})
	if err != nil {
		b.Fatal(err)
	}
	queue := make(chan workqueue.TypedRateLimitingInterface[reconcile.Request], 1)
	err = c.Watch(source.Func(func(_ context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		queue <- q
		return nil
	}))
	if err != nil {
		b.Fatal(err)
	}
	all := make([]reconcile.Request, keys)
	for i := range all {
		all[i] = reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "default", Name: name(i)}}
	}
	var q workqueue.TypedRateLimitingInterface[reconcile.Request]
	run(b, c.Start, &pending, func() {
		if q == nil {
			q = <-queue
		}
		for _, request := range all {
			q.Add(request)
		}
	})
}

// run measures rounds of adding all keys and waiting for them.
func run(b *testing.B, start func(context.Context) error, pending *sync.WaitGroup, addAll func()) {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- start(ctx) }()
	b.ReportAllocs()
	for b.Loop() {
		pending.Add(keys)
		addAll()
		pending.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*keys), "ns/reconcile")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
