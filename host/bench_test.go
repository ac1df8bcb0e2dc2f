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
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/bench/benchtest"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/health"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
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
	compile := module.Options{CacheDir: b.TempDir(), Host: guest.HostFunction, Yield: guest.YieldFunction}
	if h.compiler, err = module.OpenCompiler(ctx, compile); err != nil {
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

func minimalGuest(b *testing.B) []byte { return hosttest.Fixture(b, "minimal") }

func benchGuest(b *testing.B) []byte { return benchBuild(b, "bench/guests/noop") }

// benchBuild builds a Go plugin.
func benchBuild(b *testing.B, folder string) []byte {
	b.Helper()
	file := filepath.Join(b.TempDir(), "bench.wasm")
	hosttest.BuildPlugin(b, folder, file)
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
