// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// BenchmarkDispatch measures one reconcile that does nothing, from Add to the
// end of its bookkeeping, with metrics and with logs at their usual level.
// bench/controller-runtime has the same of controller-runtime.
func BenchmarkDispatch(b *testing.B) {
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) { dispatch(b, workers, (*control.Controller).Add) })
	}
	b.Run("low", func(b *testing.B) { dispatch(b, 1, (*control.Controller).AddLow) })
}

// benchmarkKeys is how many keys are added before they are waited for.
const benchmarkKeys = 1000

func dispatch(b *testing.B, workers int, add func(*control.Controller, control.Key)) {
	var pending sync.WaitGroup
	metrics := metric.New(prometheus.NewRegistry())
	c := control.New(control.Options{
		Name: "bench",
		Reconciler: control.ReconcilerFunc(func(context.Context, control.Attempt) control.Outcome {
			pending.Done()
			return control.Outcome{}
		}),
		Concurrency: workers,
		Logger:      slog.New(slog.NewTextHandler(b.Output(), nil)),
		Observer:    metrics.Controller("bench"),
	})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()

	keys := make([]control.Key, benchmarkKeys)
	for i := range keys {
		keys[i] = control.Key{Namespace: "default", Name: fmt.Sprint("object-", i)}
	}
	b.ReportAllocs()
	for b.Loop() {
		pending.Add(len(keys))
		for _, key := range keys {
			add(c, key)
		}
		pending.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(keys)), "ns/reconcile")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
