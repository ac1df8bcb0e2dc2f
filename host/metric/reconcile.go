// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/wasm-controller-manager/wcm/host/control"
)

// reconcileMetrics are controller-runtime's, and kube-controller-manager's
// running_managed_controllers.
type reconcileMetrics struct {
	total    *prometheus.CounterVec
	errors   *prometheus.CounterVec
	terminal *prometheus.CounterVec
	panics   *prometheus.CounterVec
	timeouts *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	fuel     *prometheus.CounterVec
	workers  *prometheus.GaugeVec
	active   *prometheus.GaugeVec
	managed  *prometheus.GaugeVec
}

var reconcileBuckets = []float64{
	0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
	1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
}

func newReconcileMetrics(f promauto.Factory) reconcileMetrics {
	return reconcileMetrics{
		total: counter(f, "controller_runtime_reconcile_total",
			"Reconciles by result: success, requeue_after, requeue (cut off, the key is kept) or error.",
			labelController, labelResult),
		errors: counter(f, "controller_runtime_reconcile_errors_total",
			"Reconciles that ended with an error, traps and terminal errors included.", labelController),
		terminal: counter(f, "controller_runtime_terminal_reconcile_errors_total",
			"Reconciles that ended with an error that is not tried again.", labelController),
		panics: counter(f, "controller_runtime_reconcile_panics_total",
			"Reconciles in which the instance trapped.", labelController),
		timeouts: counter(f, "controller_runtime_reconcile_timeouts_total",
			"Reconciles that exceeded the controller's time limit.", labelController),
		seconds: histogram(f, "controller_runtime_reconcile_time_seconds",
			"How long a reconcile took.", reconcileBuckets, labelController),
		fuel: counter(f, "wcm_reconcile_fuel_total",
			"Metered work that reconciles took, in units of about one instruction.", labelController),
		workers: gauge(f, "controller_runtime_max_concurrent_reconciles",
			"Workers of the controller.", labelController),
		active: gauge(f, "controller_runtime_active_workers",
			"Workers that are reconciling at this moment.", labelController),
		managed: gauge(f, "running_managed_controllers",
			"1 for a controller that is running, else 0.", labelName, "manager"),
	}
}

// Controller is the metrics of one controller. It is the Observer to give to
// [control.New].
type Controller struct {
	metrics  *Metrics
	name     string
	results  [control.Results]prometheus.Counter
	errors   prometheus.Counter
	terminal prometheus.Counter
	panics   prometheus.Counter
	timeouts prometheus.Counter
	seconds  prometheus.Observer
	fuel     prometheus.Counter
	workers  prometheus.Gauge
	active   prometheus.Gauge
	running  prometheus.Gauge
}

// Interface guards.
var _ control.Observer = (*Controller)(nil)

// Controller returns the metrics of the controller with this name, which
// [ControllerName] makes.
func (m *Metrics) Controller(name string) *Controller {
	r := &m.reconcile
	c := &Controller{
		metrics:  m,
		name:     name,
		errors:   r.errors.WithLabelValues(name),
		terminal: r.terminal.WithLabelValues(name),
		panics:   r.panics.WithLabelValues(name),
		timeouts: r.timeouts.WithLabelValues(name),
		seconds:  r.seconds.WithLabelValues(name),
		fuel:     r.fuel.WithLabelValues(name),
		workers:  r.workers.WithLabelValues(name),
		active:   r.active.WithLabelValues(name),
		running:  r.managed.WithLabelValues(name, manager),
	}
	for i := range c.results {
		c.results[i] = r.total.WithLabelValues(name, control.Result(i).String())
	}
	return c
}

// RunStarted counts the controller as running with this many workers.
func (c *Controller) RunStarted(workers int) {
	c.workers.Set(float64(workers))
	c.running.Set(1)
}

// RunEnded counts the controller as not running.
func (c *Controller) RunEnded() { c.running.Set(0) }

// AttemptStarted counts a worker as active.
func (c *Controller) AttemptStarted() { c.active.Inc() }

// AttemptEnded counts what became of an attempt.
func (c *Controller) AttemptEnded(r control.Report) {
	c.active.Dec()
	c.seconds.Observe(r.Duration.Seconds())
	c.fuel.Add(float64(r.Outcome.Fuel))
	c.results[r.Decision.Result].Inc()
	if r.TimedOut {
		c.timeouts.Inc()
	}
	if r.Outcome.Trap {
		c.panics.Inc()
	}
	if r.Decision.Result != control.ResultError {
		return
	}
	c.errors.Inc()
	if r.Outcome.Terminal {
		c.terminal.Inc()
	}
}

// Delete takes the controller's series away, also those of its queue.
func (c *Controller) Delete() {
	label := prometheus.Labels{labelController: c.name}
	r, q := &c.metrics.reconcile, &c.metrics.queue
	for _, vec := range []interface {
		DeletePartialMatch(prometheus.Labels) int
	}{
		r.total, r.errors, r.terminal, r.panics, r.timeouts, r.seconds, r.fuel, r.workers, r.active,
		q.depth, q.adds, q.latency, q.work, q.unfinished, q.longest, q.retries,
	} {
		vec.DeletePartialMatch(label)
	}
	r.managed.DeleteLabelValues(c.name, manager)
}
