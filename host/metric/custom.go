// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wasm-controller-manager/wcm/abi"
)

// maxSeries bounds the series of one metric of a plugin: labels that come out
// of a guest may be anything.
const maxSeries = 1000

// Custom holds the metrics that plugins define. Each is registered when it is
// first recorded, under the plugin's name: the counter "syncs_total" of the
// plugin hollow-kubelet is wcm_hollow_kubelet_syncs_total. Safe for concurrent use.
type Custom struct {
	registerer prometheus.Registerer

	mu       sync.Mutex
	families map[string]*family // by full name; guarded by mu
}

// family is one metric with its series.
type family struct {
	kind   abi.MetricKind
	labels []string // names, sorted
	series map[string]struct{}
	record func(values []string, value float64)
}

// NewCustom returns a holder that registers with registerer.
func NewCustom(registerer prometheus.Registerer) *Custom {
	return &Custom{registerer: registerer, families: map[string]*family{}}
}

// What one series may take, in bytes and labels.
const (
	maxMetricName = 128
	maxLabels     = 10
	maxLabelName  = 64
	maxLabelValue = 256
)

var metricName = regexp.MustCompile("^[a-z][a-z0-9_]*$")

// Record changes one series. The error says what is wrong with the metric: a
// name or label that Prometheus does not take, labels or a kind that differ
// from the first record's, a counter that should go down, too many series.
func (c *Custom) Record(plugin string, m *abi.Metric) error {
	if len(m.Name) > maxMetricName || !metricName.MatchString(m.Name) {
		return fmt.Errorf("metric %.*q: expected a name of up to %d lower-case letters, digits and _", maxMetricName, m.Name, maxMetricName)
	}
	if m.Kind == abi.MetricCounter && m.Value < 0 {
		return fmt.Errorf("metric %s: a counter cannot go down by %g", m.Name, -m.Value)
	}
	names, values, err := splitLabels(m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := c.familyLocked(plugin, m, names)
	if err != nil {
		return err
	}
	series := strings.Join(values, "\xff")
	if _, known := f.series[series]; !known && len(f.series) >= maxSeries {
		return fmt.Errorf("metric %s: has %d series already", m.Name, maxSeries)
	}
	f.series[series] = struct{}{}
	f.record(values, m.Value)
	return nil
}

// splitLabels returns the names of the labels, sorted, and the values in the
// same order.
func splitLabels(m *abi.Metric) (names, values []string, err error) {
	if len(m.Labels) > maxLabels {
		return nil, nil, fmt.Errorf("metric %s: %d labels, the limit is %d", m.Name, len(m.Labels), maxLabels)
	}
	labels := slices.Clone(m.Labels)
	slices.SortFunc(labels, func(a, b abi.Pair) int { return strings.Compare(a.Key, b.Key) })
	for i, l := range labels {
		if len(l.Key) > maxLabelName || !metricName.MatchString(l.Key) || i > 0 && l.Key == labels[i-1].Key {
			return nil, nil, fmt.Errorf("metric %s: label %.*q: expected names of up to %d lower-case letters, digits and _, each once",
				m.Name, maxLabelName, l.Key, maxLabelName)
		}
		if l.Key == "le" && m.Kind == abi.MetricHistogram {
			return nil, nil, fmt.Errorf("metric %s: label le: histograms have one of their own", m.Name)
		}
		if len(l.Value) > maxLabelValue {
			return nil, nil, fmt.Errorf("metric %s: label %s: a value of %d bytes, the limit is %d", m.Name, l.Key, len(l.Value), maxLabelValue)
		}
		names, values = append(names, l.Key), append(values, l.Value)
	}
	return names, values, nil
}

func (c *Custom) familyLocked(plugin string, m *abi.Metric, names []string) (*family, error) {
	full := "wcm_" + strings.NewReplacer("-", "_", ".", "_").Replace(plugin) + "_" + m.Name
	if f, known := c.families[full]; known {
		if f.kind != m.Kind || !slices.Equal(f.labels, names) {
			return nil, fmt.Errorf("metric %s: was recorded with another kind or other labels before: %v", m.Name, f.labels)
		}
		return f, nil
	}
	collector, record, err := newVector(full, plugin, m.Kind, names)
	if err != nil {
		return nil, fmt.Errorf("metric %s: %w", m.Name, err)
	}
	if err := c.registerer.Register(collector); err != nil {
		return nil, fmt.Errorf("metric %s: %w", m.Name, err)
	}
	f := &family{kind: m.Kind, labels: names, series: map[string]struct{}{}, record: record}
	c.families[full] = f
	return f, nil
}

func newVector(name, plugin string, kind abi.MetricKind, labels []string) (prometheus.Collector, func([]string, float64), error) {
	help := "Defined by the plugin " + plugin + "."
	switch kind {
	case abi.MetricCounter:
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		return v, func(values []string, x float64) { v.WithLabelValues(values...).Add(x) }, nil
	case abi.MetricGauge:
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		return v, func(values []string, x float64) { v.WithLabelValues(values...).Set(x) }, nil
	case abi.MetricHistogram:
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help}, labels)
		return v, func(values []string, x float64) { v.WithLabelValues(values...).Observe(x) }, nil
	}
	return nil, nil, fmt.Errorf("kind %d: expected 0 (counter), 1 (gauge) or 2 (histogram)", kind)
}
