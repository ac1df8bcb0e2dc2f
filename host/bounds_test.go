// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fair"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// TestBounds has a plugin say too much of everything, and its neighbour a little.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		registry := prometheus.NewRegistry()
		h := &Host{metrics: metric.New(registry), custom: metric.NewCustom(registry), gate: fair.NewGate(1)}
		h.Config = &rest.Config{QPS: -1}
		h.Logger = slog.New(slog.NewTextHandler(&log, nil))
		noisy, neighbour := h.newBounds("noisy"), h.newBounds("neighbour")
		l := manifest.DefaultLimits()
		l.LogLinesPerSecond, l.EventsPerSecond, l.MetricSeries = 2, 1, 3
		noisy.set(l)

		passed := func(r *limit.Rate) (n int) {
			for range 10 {
				if r.Pass(1) {
					n++
				}
			}
			return n
		}
		limits := noisy.access(l)
		if lines, events := passed(limits.Lines), passed(limits.Events); lines != 4 || events != 2 {
			t.Errorf("10 log lines and 10 events: %d and %d passed, want 4 and 2", lines, events)
		}
		for range 10 {
			noisy.logger.Error("Reconcile failed", "error", errors.New("no luck"))
		}
		if n := strings.Count(log.String(), "no luck"); n != 4 {
			t.Errorf("10 failures: %d lines of the host, want 4", n)
		}
		for i := range 10 {
			m := abi.Metric{Name: "x", Kind: abi.MetricGauge, Labels: []abi.Pair{{Key: "l", Value: strings.Repeat("v", i)}}}
			if noisy.own.Record(&m) != nil {
				limits.Series.Dropped()
			}
		}
		want := `
# HELP wcm_dropped_total What a plugin sent beyond its limits: log_line, host_line (lines of the host about it), event, series.
# TYPE wcm_dropped_total counter
wcm_dropped_total{plugin="neighbour",what="event"} 0
wcm_dropped_total{plugin="neighbour",what="host_line"} 0
wcm_dropped_total{plugin="neighbour",what="log_line"} 0
wcm_dropped_total{plugin="neighbour",what="series"} 0
wcm_dropped_total{plugin="noisy",what="event"} 8
wcm_dropped_total{plugin="noisy",what="host_line"} 6
wcm_dropped_total{plugin="noisy",what="log_line"} 6
wcm_dropped_total{plugin="noisy",what="series"} 7
`
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "wcm_dropped_total"); err != nil {
			t.Error(err)
		}
		if n := passed(neighbour.access(l).Lines); n != 10 {
			t.Errorf("the neighbour's 10 lines: %d passed", n)
		}
		noisy.close()
		for _, line := range []string{`plugin=noisy dropped="log lines" count=6`, "dropped=events count=8", "dropped=series count=7"} {
			if !strings.Contains(log.String(), line) {
				t.Errorf("the log does not say %q:\n%s", line, &log)
			}
		}
		neighbour.close()
		if n, err := testutil.GatherAndCount(registry); n != 2 || err != nil { // wcm_modules_loaded, wcm_module_code_unloads_total
			t.Errorf("when both are removed: got %d series (error %v), want 2", n, err)
		}
	})
}

// TestRequestsArePerPlugin has plugins send as many requests as they can for
// ten seconds, beside one that sends a few.
func TestRequestsArePerPlugin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		h := &Host{metrics: metric.New(registry), custom: metric.NewCustom(registry), gate: fair.NewGate(1)}
		h.Logger, h.Config = slog.New(slog.DiscardHandler), &rest.Config{QPS: 20, Burst: 30}
		var flooding sync.WaitGroup
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		for _, c := range []struct {
			name   string
			limits manifest.Limits
			want   int64
		}{
			{"as-the-flags", manifest.Limits{}, 30 + 10*20},
			{"more", manifest.Limits{RequestsPerSecond: manifest.Amount{Times: 20}, RequestBurst: manifest.Amount{Times: 100}}, 30 + 10*400},
			{"less", manifest.Limits{RequestsPerSecond: manifest.Amount{Number: 0.5}, RequestBurst: manifest.Amount{Number: 0.75}}, 1 + 5},
		} {
			b := h.newBounds(c.name)
			b.set(c.limits)
			t.Cleanup(b.close)
			var sent atomic.Int64
			var asking sync.WaitGroup
			for range 50 {
				asking.Go(func() {
					for b.requests.Wait(ctx) == nil {
						sent.Add(1)
					}
				})
			}
			flooding.Go(func() {
				asking.Wait()
				if got := sent.Load(); got < c.want*9/10 || got > c.want {
					t.Errorf("%s: sent %d requests in 10 s, want about %d", c.name, got, c.want)
				}
			})
		}
		neighbour := h.newBounds("neighbour")
		defer neighbour.close()
		for ctx.Err() == nil {
			for range 20 {
				if !neighbour.requests.TryAccept() {
					t.Error("the neighbour has to wait")
				}
			}
			<-time.After(time.Second)
		}
		flooding.Wait()
	})
}
