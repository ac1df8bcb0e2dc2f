// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

func TestCustomMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	own := metric.NewCustom(registry).Plugin("hollow-kubelet")
	own.Limit(100)
	for _, step := range []struct {
		reason string
		m      abi.Metric
		err    string
	}{
		{"a counter", abi.Metric{Name: "syncs_total", Value: 2, Labels: []abi.Pair{{Key: "b", Value: "1"}, {Key: "a", Value: "x"}}}, ""},
		{"labels in another order are the same series", abi.Metric{Name: "syncs_total", Value: 1, Labels: []abi.Pair{{Key: "a", Value: "x"}, {Key: "b", Value: "1"}}}, ""},
		{"a gauge", abi.Metric{Name: "nodes", Kind: abi.MetricGauge, Value: 7}, ""},
		{"a name that Prometheus does not take", abi.Metric{Name: "no-dash"}, "expected a name"},
		{"a counter that goes down", abi.Metric{Name: "syncs_total", Value: -1}, "cannot go down by 1"},
		{"other labels than before", abi.Metric{Name: "syncs_total", Value: 1}, "other labels before: [a b]"},
		{"another kind than before", abi.Metric{Name: "nodes", Value: 1}, "another kind"},
		{"a kind that does not exist", abi.Metric{Name: "x", Kind: 9}, "kind 9"},
		{"one label twice", abi.Metric{Name: "x", Labels: []abi.Pair{{Key: "a"}, {Key: "a"}}}, "each once"},
		{"a long name", abi.Metric{Name: strings.Repeat("x", 129)}, "expected a name of at most 128"},
		{"a name that quotes a novel", abi.Metric{Name: strings.Repeat("-", 1<<20)}, "expected a name of at most 128"},
		{"many labels", abi.Metric{Name: "x", Labels: make([]abi.Pair, 11)}, "expected at most 10"},
		{"a long label", abi.Metric{Name: "x", Labels: []abi.Pair{{Key: strings.Repeat("a", 65)}}}, "at most 64"},
		{"a long value", abi.Metric{Name: "x", Labels: []abi.Pair{{Key: "a", Value: strings.Repeat("v", 257)}}}, "at most 256 bytes"},
		{"a value that is no text", abi.Metric{Name: "x", Labels: []abi.Pair{{Key: "a", Value: "\xff"}}}, "UTF-8"},
		{"a label of Prometheus", abi.Metric{Name: "x", Kind: abi.MetricHistogram, Labels: []abi.Pair{{Key: "le"}}}, "neither le"},
		{"a label that Prometheus keeps for itself", abi.Metric{Name: "x", Labels: []abi.Pair{{Key: "__name__"}}}, "expected names"},
		{"a value that is no number", abi.Metric{Name: "x", Kind: abi.MetricGauge, Value: math.NaN()}, "no number"},
	} {
		err := own.Record(&step.m)
		if step.err == "" && err != nil || step.err != "" && (err == nil || !strings.Contains(err.Error(), step.err)) {
			t.Errorf("%s: Record(%+v): got error %v, want %q", step.reason, step.m, err, step.err)
		}
	}
	want := `
# HELP wcm_hollow_kubelet_nodes Defined by the plugin hollow-kubelet.
# TYPE wcm_hollow_kubelet_nodes gauge
wcm_hollow_kubelet_nodes 7
# HELP wcm_hollow_kubelet_syncs_total Defined by the plugin hollow-kubelet.
# TYPE wcm_hollow_kubelet_syncs_total counter
wcm_hollow_kubelet_syncs_total{a="x",b="1"} 3
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// TestCustomMetricsAreBounded records more series than allowed, under one name
// and under many.
func TestCustomMetricsAreBounded(t *testing.T) {
	for _, c := range []struct {
		reason string
		metric func(i int) abi.Metric
		series int
	}{
		{"values", func(i int) abi.Metric {
			return abi.Metric{Name: "x", Value: 1, Labels: []abi.Pair{{Key: "a", Value: strconv.Itoa(i)}}}
		}, 20},
		{"names", func(i int) abi.Metric {
			return abi.Metric{Name: fmt.Sprint("x", i), Kind: abi.MetricGauge}
		}, 20},
		{"histograms, of which one is fourteen series", func(i int) abi.Metric {
			return abi.Metric{Name: fmt.Sprint("x", i), Kind: abi.MetricHistogram}
		}, 1},
	} {
		registry := prometheus.NewRegistry()
		custom := metric.NewCustom(registry)
		own := custom.Plugin("p")
		if custom.Plugin("p") != own {
			t.Fatal("a plugin's metrics are others when asked for again")
		}
		own.Limit(20)
		for i := range 1000 {
			m := c.metric(i)
			if err := own.Record(&m); (err == nil) != (i < c.series) || err != nil && !errors.Is(err, limit.ErrExceeded) {
				t.Fatalf("%s: record of series %d: got error %v, want one from %d on", c.reason, i, err, c.series)
			}
		}
		m := c.metric(0)
		if err := own.Record(&m); err != nil {
			t.Errorf("%s: record of a series that is there: %v", c.reason, err)
		}
		if n, err := testutil.GatherAndCount(registry); n != c.series || err != nil {
			t.Errorf("%s: got %d series (error %v), want %d", c.reason, n, err, c.series)
		}
		own.Delete()
		if n, err := testutil.GatherAndCount(registry); n != 0 || err != nil {
			t.Errorf("%s: got %d series after Delete (error %v)", c.reason, n, err)
		}
		if err := own.Record(&m); err == nil {
			t.Errorf("%s: record after Delete: got no error", c.reason)
		}
		again := custom.Plugin("p")
		again.Limit(20)
		if err := again.Record(&m); err != nil {
			t.Errorf("%s: record of the plugin when it is there again: %v", c.reason, err)
		}
	}
}

// TestCustomMetricsOfTwoPlugins have the same full name: what comes second is
// refused, and does not count into the other's.
func TestCustomMetricsOfTwoPlugins(t *testing.T) {
	registry := prometheus.NewRegistry()
	custom := metric.NewCustom(registry)
	first, second := custom.Plugin("a-b"), custom.Plugin("a")
	first.Limit(10)
	second.Limit(10)
	if err := first.Record(&abi.Metric{Name: "c", Value: 1}); err != nil {
		t.Fatal(err)
	}
	if err := second.Record(&abi.Metric{Name: "b_c", Value: 1}); err == nil {
		t.Error("two plugins share the metric wcm_a_b_c")
	}
}

func TestHammerCustomMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	custom := metric.NewCustom(registry)
	var working sync.WaitGroup
	for g := range 8 {
		working.Go(func() {
			for i := range 500 {
				own := custom.Plugin("p")
				own.Limit(10 + g)
				m := abi.Metric{Name: fmt.Sprint("x", i%7), Value: 1, Labels: []abi.Pair{{Key: "a", Value: strconv.Itoa(i % 5)}}}
				_ = own.Record(&m) // the limit, or another has just deleted it
				if i%100 == g {
					own.Delete()
				}
				if i%50 == g {
					if _, err := registry.Gather(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	working.Wait()
	custom.Plugin("p").Delete()
	if n, err := testutil.GatherAndCount(registry); n != 0 || err != nil {
		t.Errorf("got %d series after all were deleted (error %v)", n, err)
	}
}
