// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// TestFlood lets a guest say a hundred thousand lines, report as many events and
// count in as many series, all within one call. In the bubble no time passes
// meanwhile, so what comes through is what may pass at once.
func TestFlood(t *testing.T) {
	const many = 100_000
	m := compile(t, "../guest/testdata/floods.wasm")
	synctest.Test(t, func(t *testing.T) {
		dropped := map[string]int{}
		report := func(what string) *limit.Report {
			r := limit.NewReport(slog.New(slog.DiscardHandler), what, func() { dropped[what]++ })
			t.Cleanup(r.Close)
			return r
		}
		registry := prometheus.NewRegistry()
		own := metric.NewCustom(registry).Plugin("p")
		own.Limit(200)
		w := &world{}
		o := w.options()
		o.Description = &abi.Description{Resources: []abi.Resource{{Version: "v1", Resource: "pods", Kind: "Pod", Writes: []string{"patch"}}}}
		o.Policy = grant.NewPolicy("p", o.Description, grant.Wanted(o.Description))
		o.Metrics = own
		o.Limits = access.Limits{
			Lines: limit.NewRate(50, report("lines")), Events: limit.NewRate(10, report("events")), Series: report("series"),
		}
		answers := map[abi.Status]int{}
		i, err := guest.New(t.Context(), m, guest.Options{
			Plugin: "p", Operator: access.New(o),
			Hooks: guest.Hooks{Operated: func(_ abi.Operation, status abi.Status) { answers[status]++ }},
		})
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := i.Reconcile(t.Context(), abi.Request{Name: "a"})
		if err := errors.Join(err, i.Close(t.Context())); err != nil || outcome != (abi.Outcome{}) {
			t.Errorf("Reconcile = %+v, %v, want that the guest need not care", outcome, err)
		}
		series, err := testutil.GatherAndCount(registry)
		if lines := len(w.lines()); err != nil || lines != 100 || len(w.events) != 20 || series != 200 {
			t.Errorf("came through: %d lines, %d events, %d series, %v, want 100, 20 and 200", lines, len(w.events), series, err)
		}
		if d := cmp.Diff(map[string]int{"lines": many - 100, "events": many - 20, "series": many - 200}, dropped); d != "" {
			t.Errorf("dropped (-want +got):\n%s", d)
		}
		if d := cmp.Diff(map[abi.Status]int{abi.StatusOK: 2*many + 200, abi.StatusTooLarge: many - 200}, answers); d != "" {
			t.Errorf("answers (-want +got):\n%s", d)
		}
	})
}

// compile compiles a guest of another package.
func compile(t *testing.T, file string) *module.Module {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := module.OpenCompiler(ctx, module.Options{Host: guest.HostFunction, Yield: guest.YieldFunction})
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Compile(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(m.Close(ctx), c.Close(ctx)); err != nil {
			t.Error(err)
		}
	})
	return m
}
