// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// limitMetrics are about what plugins were held back from.
type limitMetrics struct {
	dropped  *prometheus.CounterVec
	requests *prometheus.HistogramVec
	turns    *prometheus.HistogramVec
}

func newLimitMetrics(f promauto.Factory) limitMetrics {
	return limitMetrics{
		dropped: counter(f, "wcm_dropped_total",
			"What a plugin sent beyond its limits: log_line, host_line (lines of the host about it), event, series.",
			labelPlugin, "what"),
		requests: histogram(f, "wcm_request_wait_seconds",
			"How long requests to the API server were held back by the plugin's limit or the process's; those that were not do not count.",
			clientSeconds, labelPlugin),
		turns: histogram(f, "wcm_turn_wait_seconds",
			"How long guests waited for a processor that other plugins' guests had; those that found one free do not count.",
			prometheus.ExponentialBuckets(1e-5, 4, 10), labelPlugin), // 10 µs to 2.6 s
	}
}

// Limits is the metrics of what one plugin was held back from. Make it with
// [Metrics.Limits].
type Limits struct {
	// LogLine, HostLine, Event and Series count what was dropped.
	LogLine, HostLine, Event, Series prometheus.Counter

	metrics *limitMetrics
	plugin  string
}

// Limits returns the metrics of the plugin with this name.
func (m *Metrics) Limits(plugin string) *Limits {
	v := &m.limit
	return &Limits{
		LogLine:  v.dropped.WithLabelValues(plugin, "log_line"),
		HostLine: v.dropped.WithLabelValues(plugin, "host_line"),
		Event:    v.dropped.WithLabelValues(plugin, "event"),
		Series:   v.dropped.WithLabelValues(plugin, "series"),
		metrics:  v,
		plugin:   plugin,
	}
}

// RequestWaited observes how long a request was held back.
func (l *Limits) RequestWaited(d time.Duration) {
	l.metrics.requests.WithLabelValues(l.plugin).Observe(d.Seconds())
}

// TurnWaited observes how long a guest waited for a processor.
func (l *Limits) TurnWaited(d time.Duration) {
	l.metrics.turns.WithLabelValues(l.plugin).Observe(d.Seconds())
}

// Delete takes the plugin's series away.
func (l *Limits) Delete() {
	label := prometheus.Labels{labelPlugin: l.plugin}
	l.metrics.dropped.DeletePartialMatch(label)
	l.metrics.requests.DeletePartialMatch(label)
	l.metrics.turns.DeletePartialMatch(label)
}
