// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Counter is a metric that only grows. Its name is in snake case and ends in
// "_total"; the host puts the plugin's name before it.
type Counter string

// Add adds v, which must not be negative, to the series with the labels.
func (c Counter) Add(ctx context.Context, v float64, labels ...Label) {
	measure(ctx, string(c), abi.MetricCounter, v, labels)
}

// Gauge is a metric that goes up and down. Its name is in snake case.
type Gauge string

// Set sets the series with the labels to v.
func (g Gauge) Set(ctx context.Context, v float64, labels ...Label) {
	measure(ctx, string(g), abi.MetricGauge, v, labels)
}

// Histogram is a metric of a distribution. Its name is in snake case and ends
// in the unit, "_seconds" for example.
type Histogram string

// Observe adds v to the distribution of the series with the labels.
func (h Histogram) Observe(ctx context.Context, v float64, labels ...Label) {
	measure(ctx, string(h), abi.MetricHistogram, v, labels)
}

// measure sends a change of a series. The host drops what it does not accept:
// a metric is no reason to fail.
func measure(ctx context.Context, name string, kind abi.MetricKind, v float64, labels []Label) {
	m := abi.Metric{Name: name, Kind: kind, Value: v, Labels: make([]abi.Pair, len(labels))}
	for i, label := range labels {
		m.Labels[i] = abi.Pair(label)
	}
	instanceFrom(ctx).metric(ctx, m.Append(nil))
}
