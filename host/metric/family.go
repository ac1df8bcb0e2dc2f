// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wasm-controller-manager/wcm/abi"
)

// The longest names and values of a plugin's metric, in bytes, and how many
// labels it can have.
const (
	maxName   = 128
	maxLabel  = 64
	maxValue  = 256
	maxLabels = 10
)

// A name begins with a letter, so that none is Prometheus' own.
var metricName = regexp.MustCompile("^[a-z][a-z0-9_]*$")

func checkName(name string, size int) bool { return len(name) <= size && metricName.MatchString(name) }

// checkMetric says what is wrong with a metric whatever was recorded before.
// It quotes a wrong name only if that is short.
func checkMetric(m *abi.Metric) error {
	if !checkName(m.Name, maxName) {
		return fmt.Errorf("metric %.*q: expected a name of at most %d lower-case letters, digits and _", maxName, m.Name, maxName)
	}
	if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
		return fmt.Errorf("metric %s: %v is no number that can be recorded", m.Name, m.Value)
	}
	if m.Kind == abi.MetricCounter && m.Value < 0 {
		return fmt.Errorf("metric %s: a counter cannot go down by %g", m.Name, -m.Value)
	}
	if len(m.Labels) > maxLabels {
		return fmt.Errorf("metric %s: %d labels, expected at most %d", m.Name, len(m.Labels), maxLabels)
	}
	return nil
}

// splitLabels returns the names of the labels, sorted, and the values in the
// same order.
func splitLabels(m *abi.Metric) (names, values []string, err error) {
	labels := slices.Clone(m.Labels)
	slices.SortFunc(labels, func(a, b abi.Pair) int { return strings.Compare(a.Key, b.Key) })
	for i, l := range labels {
		switch {
		case !checkName(l.Key, maxLabel) || reserved[l.Key]:
			return nil, nil, fmt.Errorf("metric %s: label %.*q: expected names of at most %d lower-case letters, digits and _, and neither le nor quantile",
				m.Name, maxLabel, l.Key, maxLabel)
		case i > 0 && l.Key == labels[i-1].Key:
			return nil, nil, fmt.Errorf("metric %s: label %s: expected each once", m.Name, l.Key)
		case len(l.Value) > maxValue || !utf8.ValidString(l.Value):
			return nil, nil, fmt.Errorf("metric %s: label %s: expected a value of at most %d bytes of UTF-8, got %d", m.Name, l.Key, maxValue, len(l.Value))
		}
		names, values = append(names, l.Key), append(values, l.Value)
	}
	return names, values, nil
}

// reserved are labels that Prometheus' own collectors make.
var reserved = map[string]bool{"le": true, "quantile": true}

func (f *family) fits(kind abi.MetricKind, labels []string) bool {
	return f.kind == kind && slices.Equal(f.labels, labels)
}

// histogramSeries is what a histogram has: a series for each bucket and the
// one without end, the sum and the count.
var histogramSeries = len(prometheus.DefBuckets) + 3

func newFamily(name, plugin string, kind abi.MetricKind, labels []string) (*family, error) {
	help := "Defined by the plugin " + plugin + "."
	f := &family{kind: kind, labels: labels, cost: 1, series: map[string]func(float64){}}
	switch kind {
	case abi.MetricCounter:
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		f.collector, f.vector = v, func(values []string) func(float64) { return v.WithLabelValues(values...).Add }
	case abi.MetricGauge:
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		f.collector, f.vector = v, func(values []string) func(float64) { return v.WithLabelValues(values...).Set }
	case abi.MetricHistogram:
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help}, labels)
		f.collector, f.vector = v, func(values []string) func(float64) { return v.WithLabelValues(values...).Observe }
		f.cost = histogramSeries
	default:
		return nil, fmt.Errorf("kind %d: expected 0 (counter), 1 (gauge) or 2 (histogram)", kind)
	}
	return f, nil
}
