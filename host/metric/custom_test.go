// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

func TestCustomMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	c := metric.NewCustom(registry)
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
		{"a name without end", abi.Metric{Name: strings.Repeat("x", 1000)}, "expected a name of up to 128"},
		{"too many labels", abi.Metric{Name: "x", Labels: make([]abi.Pair, 11)}, "11 labels, the limit is 10"},
		{"a label without end", abi.Metric{Name: "x", Labels: []abi.Pair{{Key: strings.Repeat("x", 65)}}}, "expected names of up to 64"},
		{"a value without end", abi.Metric{Name: "x", Labels: []abi.Pair{{Key: "a", Value: strings.Repeat("x", 257)}}}, "a value of 257 bytes"},
		{"the label of a histogram's buckets", abi.Metric{Name: "x", Kind: abi.MetricHistogram, Labels: []abi.Pair{{Key: "le"}}}, "label le"},
		{"one label twice", abi.Metric{Name: "x", Labels: []abi.Pair{{Key: "a"}, {Key: "a"}}}, "each once"},
	} {
		err := c.Record("hollow-kubelet", &step.m)
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

func TestCustomMetricsAreBounded(t *testing.T) {
	c := metric.NewCustom(prometheus.NewRegistry())
	var err error
	for i := range 2000 {
		m := abi.Metric{Name: "x", Value: 1, Labels: []abi.Pair{{Key: "a", Value: strconv.Itoa(i)}}}
		if err = c.Record("p", &m); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "1000 series") {
		t.Errorf("2000 series: got error %v, want one at 1000", err)
	}
}
