// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/wasm-controller-manager/wcm/bench/benchtest"
)

// dispatched is how many keys are added before they are waited for.
const dispatched = 1000

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// BenchmarkDispatch is one reconcile that does nothing, from the Add of its key
// to the end of its bookkeeping, with metrics on and logs at their usual level.
func BenchmarkDispatch(b *testing.B) {
	var pending sync.WaitGroup
	skip := true
	c, err := controller.NewUnmanaged("bench", controller.Options{
		Reconciler: reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
			pending.Done()
			return reconcile.Result{}, nil
		}),
		Logger:             logr.FromSlogHandler(slog.NewTextHandler(io.Discard, nil)),
		SkipNameValidation: &skip,
	})
	if err != nil {
		b.Fatal(err)
	}
	queues := make(chan queue, 1)
	err = c.Watch(source.Func(func(_ context.Context, q queue) error {
		queues <- q
		return nil
	}))
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- c.Start(ctx) }()
	requests := make([]reconcile.Request, dispatched)
	for i := range requests {
		requests[i] = reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "default", Name: fmt.Sprint("object-", i)}}
	}
	q := <-queues
	report := benchtest.Meter(b)
	for b.Loop() {
		pending.Add(dispatched)
		for _, request := range requests {
			q.Add(request)
		}
		pending.Wait()
	}
	report(dispatched, "reconcile")
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
