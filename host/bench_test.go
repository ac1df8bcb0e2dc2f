// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/bench/benchtest"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/health"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// BenchmarkDispatch is one reconcile that does nothing, from the Add of its key
// to the end of its bookkeeping: queue, call of the guest, outcome, decision,
// with metrics on and logs at their usual level. bench/controller-runtime has
// the same of controller-runtime.
func BenchmarkDispatch(b *testing.B) {
	h := benchHost(b)
	for _, c := range []struct {
		name string
		wasm func(b *testing.B) []byte
	}{{"wat", minimalGuest}, {"go", benchGuest}} {
		v := benchVersion(b, h, c.wasm(b))
		b.Run(c.name, func(b *testing.B) { benchmarkDispatch(b, h, v) })
	}
}

// dispatched is how many keys are added before they are waited for.
const dispatched = 1000

func benchmarkDispatch(b *testing.B, h *Host, v *version) {
	r := &countdown{Reconciler: &reconciler{pool: v.pool, name: "bench", supervisor: v.supervisor}}
	c := h.newController(h.plugin(b.Name()), &abi.Controller{Name: "bench"}, defaultConcurrency, r)
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	keys := make([]control.Key, dispatched)
	for i := range keys {
		keys[i] = control.Key{Namespace: "default", Name: fmt.Sprint("object-", i)}
	}
	report := benchtest.Meter(b)
	for b.Loop() {
		r.pending.Add(dispatched)
		for _, key := range keys {
			c.Add(key)
		}
		r.pending.Wait()
	}
	report(dispatched, "reconcile")
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	if r.failure != nil {
		b.Fatal(r.failure)
	}
}

// countdown tells when all reconciles have been made.
type countdown struct {
	control.Reconciler
	pending sync.WaitGroup
	failure error
}

func (c *countdown) Reconcile(ctx context.Context, a control.Attempt) control.Outcome {
	outcome := c.Reconciler.Reconcile(ctx, a)
	if outcome.Err != nil {
		c.failure = outcome.Err
	}
	c.pending.Done()
	return outcome
}

// BenchmarkGet is one cached read of a pod into the author's struct, in a Go
// guest, among 10,000 pods: host call, lookup, transcoding, copy, decoding, and
// the collection of the guest's garbage. A reconcile does one hundred. The
// cache also has what another plugin reads, so the record must be transcoded.
func BenchmarkGet(b *testing.B) {
	const pods, gets, controller = 10_000, 100, 1
	server := benchtest.NewServer(pods, false)
	h := benchHostOf(b, server.Config())
	neighbour(b, h)
	v := benchVersion(b, h, benchGuest(b))
	r := &reconciler{pool: v.pool, controller: controller, name: "read", supervisor: v.supervisor}
	namespace, name := benchtest.Key(pods / 2)
	attempt := control.Attempt{Key: control.Key{Namespace: namespace, Name: name}, ID: "1"}
	reconcile := func() {
		if outcome := r.Reconcile(b.Context(), attempt); outcome.Err != nil {
			b.Fatal(outcome.Err)
		}
	}
	reconcile() // finds the keys
	report := benchtest.Meter(b)
	for b.Loop() {
		reconcile()
	}
	report(gets, "get")
}

// neighbour is a plugin that reads other fields of pods.
func neighbour(b *testing.B, h *Host) {
	b.Helper()
	shape, err := record.ParseShape("{metadata{annotations map<string>},spec{containers list<{image string,name string}>},status{podIP string}}")
	if err != nil {
		b.Fatal(err)
	}
	view, err := h.stores.Open(store.ViewOptions{
		Resource: schema.GroupVersionResource{Version: "v1", Resource: "pods"}, Kind: "Pod", Namespaced: true,
		Projection: &shape, Plugin: "neighbour",
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(view.Close)
}

// benchHost returns a host with its caches running, on an API server with few
// pods.
func benchHost(b *testing.B) *Host { return benchHostOf(b, benchtest.NewServer(10, false).Config()) }

func benchHostOf(b *testing.B, config *rest.Config) *Host {
	b.Helper()
	registry := prometheus.NewRegistry()
	h, err := New(Options{
		Config: config, Registerer: registry, Metrics: metric.New(registry),
		Logger: slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	if h.compiler, err = module.OpenCompiler(ctx, module.Options{Host: guest.HostFunction, Yield: guest.YieldFunction}); err != nil {
		b.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- h.stores.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
		if err := h.compiler.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return h
}

// benchVersion prepares a module as the host does before it lets it work.
func benchVersion(b *testing.B, h *Host, wasm []byte) *version {
	b.Helper()
	return benchPlugin(b, h, "bench", wasm)
}

func benchPlugin(b *testing.B, h *Host, name string, wasm []byte) *version {
	b.Helper()
	v, err := h.prepare(b.Context(), install.Plugin{Name: name, Module: wasm, Manifest: []byte(hosttest.GrantAll)})
	if err != nil {
		b.Fatal(err)
	}
	v.supervisor = newSupervisor(health.Policy(v.manifest.Rollback), len(v.description.Controllers), false, func(health.Step, error) {})
	b.Cleanup(func() {
		v.supervisor.close()
		v.close(context.Background(), h.Logger)
	})
	return v
}

func minimalGuest(b *testing.B) []byte { return benchModule(b, "guest/testdata/minimal.wasm") }

func benchGuest(b *testing.B) []byte {
	file := filepath.Join(b.TempDir(), "bench.wasm")
	hosttest.BuildPlugin(b, "bench/guest", file)
	return benchModule(b, file)
}

func benchModule(b *testing.B, file string) []byte {
	b.Helper()
	wasm, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	return wasm
}
