// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/wasm-controller-manager/wcm/host/control"
)

// reconcileMetrics are controller-runtime's, and kube-controller-manager's
// running_managed_controllers.
type reconcileMetrics struct {
	total    *prometheus.Desc
	errors   *prometheus.Desc
	terminal *prometheus.Desc
	panics   *prometheus.Desc
	timeouts *prometheus.Desc
	seconds  *prometheus.HistogramVec
	fuel     *prometheus.Desc
	workers  *prometheus.Desc
	active   *prometheus.Desc
	managed  *prometheus.Desc
}

var reconcileBuckets = []float64{
	0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
	1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
}

func newReconcileMetrics(f promauto.Factory) reconcileMetrics {
	return reconcileMetrics{
		total: description("controller_runtime_reconcile_total",
			"Reconciles by result: success, requeue_after, requeue (cut off, the key is kept) or error.",
			labelController, labelResult),
		errors: description("controller_runtime_reconcile_errors_total",
			"Reconciles that ended with an error, traps and terminal errors included.", labelController),
		terminal: description("controller_runtime_terminal_reconcile_errors_total",
			"Reconciles that ended with an error that is not tried again.", labelController),
		panics: description("controller_runtime_reconcile_panics_total",
			"Reconciles in which the instance trapped.", labelController),
		timeouts: description("controller_runtime_reconcile_timeouts_total",
			"Reconciles that exceeded the controller's time limit.", labelController),
		seconds: histogram(f, "controller_runtime_reconcile_time_seconds",
			"How long a reconcile took.", reconcileBuckets, labelController),
		fuel: description("wcm_reconcile_fuel_total",
			"Metered work that reconciles took, in units of about one instruction.", labelController),
		workers: description("controller_runtime_max_concurrent_reconciles",
			"Workers of the controller.", labelController),
		active: description("controller_runtime_active_workers",
			"Workers that are reconciling at this moment.", labelController),
		managed: description("running_managed_controllers",
			"1 for a controller that is running, else 0.", labelName, "manager"),
	}
}

func (r *reconcileMetrics) describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		r.total, r.errors, r.terminal, r.panics, r.timeouts, r.fuel, r.workers, r.active, r.managed,
	} {
		ch <- d
	}
}

// Controller is the metrics of one controller and its queue. It is the Observer
// to give to [control.New].
type Controller struct {
	metrics  *Metrics
	name     string
	results  [control.Results]atomic.Uint64
	terminal atomic.Uint64
	panics   atomic.Uint64
	timeouts atomic.Uint64
	fuel     atomic.Uint64
	workers  atomic.Int64
	active   atomic.Int64
	running  atomic.Bool
	queue    atomic.Pointer[func() control.Queue] // nil before the first run
	seconds  lateObserver
	waited   lateObserver
	worked   lateObserver
}

// Interface guards.
var _ control.Observer = (*Controller)(nil)

// Controller returns the metrics of the controller with this name, which
// [ControllerName] makes. Its counters and gauges are there from now on, its
// histograms when there is something in them.
func (m *Metrics) Controller(name string) *Controller {
	c := &Controller{
		metrics: m,
		name:    name,
		seconds: lateObserver{vec: m.reconcile.seconds, labels: []string{name}},
		waited:  lateObserver{vec: m.queue.latency, labels: []string{name, name}},
		worked:  lateObserver{vec: m.queue.work, labels: []string{name, name}},
	}
	m.controllers.set(name, c)
	return c
}

// RunStarted counts the controller as running with this many workers.
func (c *Controller) RunStarted(workers int, queue func() control.Queue) {
	c.workers.Store(int64(workers))
	c.queue.Store(&queue)
	c.running.Store(true)
}

// RunEnded counts the controller as not running.
func (c *Controller) RunEnded() { c.running.Store(false) }

// AttemptStarted counts a worker as active, and observes how long its key waited.
func (c *Controller) AttemptStarted(waited time.Duration) {
	c.active.Add(1)
	c.waited.Observe(waited.Seconds())
}

// AttemptEnded counts what became of an attempt.
func (c *Controller) AttemptEnded(r control.Report) {
	c.active.Add(-1)
	c.seconds.Observe(r.Duration.Seconds())
	c.worked.Observe(r.Worked.Seconds())
	c.fuel.Add(r.Outcome.Fuel)
	c.results[r.Decision.Result].Add(1)
	if r.TimedOut {
		c.timeouts.Add(1)
	}
	if r.Outcome.Trap {
		c.panics.Add(1)
	}
	if r.Decision.Result == control.ResultError && r.Outcome.Terminal {
		c.terminal.Add(1)
	}
}

// collect sends the numbers of the controller and its queue.
func (c *Controller) collect(ch chan<- prometheus.Metric) {
	r := &c.metrics.reconcile
	for i := range c.results {
		ch <- counterNow(r.total, float64(c.results[i].Load()), c.name, control.Result(i).String())
	}
	ch <- counterNow(r.errors, float64(c.results[control.ResultError].Load()), c.name)
	ch <- counterNow(r.terminal, float64(c.terminal.Load()), c.name)
	ch <- counterNow(r.panics, float64(c.panics.Load()), c.name)
	ch <- counterNow(r.timeouts, float64(c.timeouts.Load()), c.name)
	ch <- counterNow(r.fuel, float64(c.fuel.Load()), c.name)
	ch <- gaugeNow(r.workers, float64(c.workers.Load()), c.name)
	ch <- gaugeNow(r.active, float64(c.active.Load()), c.name)
	running := 0.0
	if c.running.Load() {
		running = 1
	}
	ch <- gaugeNow(r.managed, running, c.name, manager)
	var queue control.Queue
	if ask := c.queue.Load(); ask != nil {
		queue = (*ask)()
	}
	c.metrics.queue.collect(ch, c.name, queue)
}

// Delete takes the controller's series away, also those of its queue.
func (c *Controller) Delete() {
	c.metrics.controllers.delete(c.name, c)
	for _, o := range []*lateObserver{&c.seconds, &c.waited, &c.worked} {
		o.delete()
	}
}
