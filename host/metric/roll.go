// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// roll is the collector of the controllers, whose metrics are numbers of their own
// until somebody asks: a series of client_golang takes most of a kilobyte for as
// long as it is there. Safe for concurrent use.
type roll struct {
	describe func(ch chan<- *prometheus.Desc)

	mu      sync.Mutex
	members map[string]*Controller // by name; guarded by mu
}

// Interface guards.
var _ prometheus.Collector = (*roll)(nil)

// set adds a member, in the place of another of this name.
func (r *roll) set(name string, member *Controller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == nil {
		r.members = map[string]*Controller{}
	}
	r.members[name] = member
}

// delete takes a member away, unless another is in its place.
func (r *roll) delete(name string, member *Controller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members[name] == member {
		delete(r.members, name)
	}
}

// Describe implements [prometheus.Collector].
func (r *roll) Describe(ch chan<- *prometheus.Desc) { r.describe(ch) }

// Collect implements [prometheus.Collector]. The members are asked without the
// lock: they have locks of their own.
func (r *roll) Collect(ch chan<- prometheus.Metric) {
	r.mu.Lock()
	members := slices.Collect(maps.Values(r.members))
	r.mu.Unlock()
	for _, member := range members {
		member.collect(ch)
	}
}

func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func gaugeNow(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func counterNow(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

// lateObserver is one histogram of a vector, which is made when there is something
// to put in it.
type lateObserver struct {
	vec    *prometheus.HistogramVec
	labels []string
	made   atomic.Pointer[prometheus.Observer]
}

// Observe adds a value.
func (l *lateObserver) Observe(v float64) {
	o := l.made.Load()
	if o == nil { // two that come first make the same
		made := l.vec.WithLabelValues(l.labels...)
		o = &made
		l.made.Store(o)
	}
	(*o).Observe(v)
}

func (l *lateObserver) delete() { l.vec.DeleteLabelValues(l.labels...) }
