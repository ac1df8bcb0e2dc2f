// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// manager is the label of running_managed_controllers that names this program.
const manager = "wasm-controller-manager"

// The names of labels.
const (
	labelName       = "name"
	labelController = "controller"
	labelPlugin     = "plugin"
	labelResult     = "result"
	labelHost       = "host"
	labelVerb       = "verb"
	labelResource   = "resource"
)

// Metrics is all metrics of one host. Make it with [New].
type Metrics struct {
	reconcile reconcileMetrics
	queue     queueMetrics
	client    clientMetrics
	election  electionMetrics
	plugin    pluginMetrics
	store     storeMetrics
	limit     limitMetrics
	outside   outsideMetrics

	controllers roll
}

// New makes the metrics and registers them with registerer; nil registers them
// nowhere, for tests. It panics if registerer has any of them already.
func New(registerer prometheus.Registerer) *Metrics {
	f := promauto.With(registerer)
	m := &Metrics{
		reconcile: newReconcileMetrics(f),
		queue:     newQueueMetrics(f),
		client:    newClientMetrics(f),
		election:  newElectionMetrics(f),
		plugin:    newPluginMetrics(f),
		store:     newStoreMetrics(f),
		limit:     newLimitMetrics(f),
		outside:   newOutsideMetrics(f),
	}
	m.controllers.describe = func(ch chan<- *prometheus.Desc) {
		m.reconcile.describe(ch)
		m.queue.describe(ch)
	}
	if registerer != nil {
		registerer.MustRegister(&m.controllers)
	}
	return m
}

// ControllerName returns what the label controller says of a plugin's
// controller: "plugin/controller", or "plugin" alone if both names are the same.
func ControllerName(plugin, controller string) string {
	if plugin == controller {
		return plugin
	}
	return plugin + "/" + controller
}

func counter(f promauto.Factory, name, help string, labels ...string) *prometheus.CounterVec {
	return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauge(f promauto.Factory, name, help string, labels ...string) *prometheus.GaugeVec {
	return f.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
}

// histogram makes a histogram with the given classic buckets and, for servers
// that scrape them, native ones as controller-runtime has them.
func histogram(f promauto.Factory, name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return f.NewHistogramVec(prometheus.HistogramOpts{
		Name:                            name,
		Help:                            help,
		Buckets:                         buckets,
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  100,
		NativeHistogramMinResetDuration: time.Hour,
	}, labels)
}
