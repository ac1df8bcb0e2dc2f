// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// spinner is a module with a request for which it never returns.
type spinner struct {
	name    string
	module  *module.Module
	request abi.Request
}

// spinners are one loop written by hand, and a Go guest that works on a map.
func spinners(b *testing.B) []spinner {
	b.Helper()
	c := open(b)
	file := filepath.Join(b.TempDir(), "bench.wasm")
	hosttest.BuildPlugin(b, "bench/guests/noop", file)
	wasm, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	return []spinner{
		{"wat", compile(b, c, read(b, "spins_reconcile")), abi.Request{Name: "a"}},
		{"go", compile(b, c, wasm), abi.Request{Name: "a", Controller: 1}},
	}
}

// spin lets a new instance spin until it is stopped, and returns how long
// after its deadline that was.
func (s spinner) spin(b *testing.B, timeout time.Duration) time.Duration {
	b.Helper()
	i, err := guest.New(b.Context(), s.module, guest.Options{Operator: missing})
	if err != nil {
		b.Error(err)
		return 0
	}
	ctx, cancel := context.WithTimeout(b.Context(), timeout)
	defer cancel()
	_, err = i.Reconcile(ctx, s.request)
	deadline, _ := ctx.Deadline()
	late := time.Since(deadline)
	if !errors.Is(err, context.DeadlineExceeded) {
		b.Errorf("the spinning guest: %v, want it stopped", err)
	}
	if err := i.Close(b.Context()); err != nil {
		b.Error(err)
	}
	return late
}

// BenchmarkDeadline stops guests that never return, forty times, while a
// healthy Go guest works beside them and the host collects its garbage every
// 50 ms. It reports how late they were stopped.
func BenchmarkDeadline(b *testing.B) {
	const kills, timeout = 40, 100 * time.Millisecond
	all := spinners(b)
	healthy := all[1]
	for _, s := range all {
		b.Run(s.name, func(b *testing.B) {
			var late []time.Duration
			stop := background(b, collect(50*time.Millisecond), work(b, healthy))
			for b.Loop() {
				for range kills {
					late = append(late, s.spin(b, timeout))
				}
			}
			stop()
			slices.Sort(late)
			b.ReportMetric(float64(late[len(late)/2]), "median-ns")
			b.ReportMetric(float64(late[len(late)*9/10]), "p90-ns")
			b.ReportMetric(float64(late[len(late)-1]), "max-ns")
		})
	}
}

// BenchmarkFreeze lets guests spin while a ticker ticks and the host collects
// its garbage, and reports the longest time between two ticks: what all other
// goroutines of the host, leader election among them, notice.
func BenchmarkFreeze(b *testing.B) {
	all := spinners(b)
	for _, c := range []struct {
		name   string
		guests []spinner
	}{
		{"wat", all[:1]},
		{"go", all[1:]},
		{"all", slices.Repeat(all[:1], runtime.GOMAXPROCS(0))},
	} {
		b.Run(c.name, func(b *testing.B) {
			benchmarkGap(b, func() {
				var spinning sync.WaitGroup
				for _, s := range c.guests {
					spinning.Go(func() { s.spin(b, watched) })
				}
				spinning.Wait()
			})
		})
	}
}

// BenchmarkIdle is BenchmarkFreeze without a guest.
func BenchmarkIdle(b *testing.B) {
	benchmarkGap(b, func() { <-time.After(watched) })
}

// watched is how long ticks are observed.
const watched = 3 * time.Second

func benchmarkGap(b *testing.B, during func()) {
	var longest time.Duration
	stop := background(b, collect(200*time.Millisecond), tick(&longest))
	for b.Loop() {
		during()
	}
	stop()
	b.ReportMetric(float64(longest), "gap-ns")
}

// background runs functions until stop is called, which waits for them.
func background(b *testing.B, functions ...func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	for _, f := range functions {
		running.Go(func() { f(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// collect collects the host's garbage again and again.
func collect(every time.Duration) func(ctx context.Context) {
	return func(ctx context.Context) {
		for again := time.NewTicker(every); ctx.Err() == nil; runtime.GC() {
			select {
			case <-again.C:
			case <-ctx.Done():
			}
		}
	}
}

// tick finds the longest time between two ticks, 10 ms apart.
func tick(longest *time.Duration) func(ctx context.Context) {
	return func(ctx context.Context) {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for last := time.Now(); ; {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
			now := time.Now()
			*longest, last = max(*longest, now.Sub(last)), now
		}
	}
}

// work lets a healthy instance reconcile all the time.
func work(b *testing.B, s spinner) func(ctx context.Context) {
	i := instantiate(b, s.module, guest.Options{Operator: missing})
	return func(ctx context.Context) {
		for ctx.Err() == nil {
			if _, err := i.Reconcile(context.WithoutCancel(ctx), abi.Request{Name: "a"}); err != nil {
				b.Errorf("the healthy guest: %v", err)
				return
			}
			if err := i.Collect(context.WithoutCancel(ctx)); err != nil {
				b.Errorf("the healthy guest: %v", err)
				return
			}
		}
	}
}
