// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"k8s.io/client-go/util/workqueue"
)

// queueMetrics are the workqueue_* metrics with controller-runtime's labels,
// of which name and controller are the same.
type queueMetrics struct {
	depth      *prometheus.GaugeVec
	adds       *prometheus.CounterVec
	latency    *prometheus.HistogramVec
	work       *prometheus.HistogramVec
	unfinished *prometheus.GaugeVec
	longest    *prometheus.GaugeVec
	retries    *prometheus.CounterVec
}

func newQueueMetrics(f promauto.Factory) queueMetrics {
	buckets := prometheus.ExponentialBuckets(10e-9, 10, 12) // 10 ns to 1000 s
	return queueMetrics{
		depth: gauge(f, "workqueue_depth",
			"Keys that wait for a worker. The priority is always empty: both lanes are counted together.",
			labelName, labelController, "priority"),
		adds: counter(f, "workqueue_adds_total",
			"Keys that were added while they did not wait already.", labelName, labelController),
		latency: histogram(f, "workqueue_queue_duration_seconds",
			"How long a key waited for a worker.", buckets, labelName, labelController),
		work: histogram(f, "workqueue_work_duration_seconds",
			"How long a worker had a key.", buckets, labelName, labelController),
		unfinished: gauge(f, "workqueue_unfinished_work_seconds",
			"Sum of the times for which workers have had their current key; grows if they are stuck.",
			labelName, labelController),
		longest: gauge(f, "workqueue_longest_running_processor_seconds",
			"How long the slowest worker has had its current key.", labelName, labelController),
		retries: counter(f, "workqueue_retries_total",
			"Keys that were added with a delay: retries and RequeueAfter.", labelName, labelController),
	}
}

// WorkQueues returns the provider to give to [control.New] or to any work
// queue of client-go. It is not installed for the whole process.
func (m *Metrics) WorkQueues() workqueue.MetricsProvider { return &m.queue }

// NewDepthMetric returns workqueue_depth of a queue.
func (q *queueMetrics) NewDepthMetric(name string) workqueue.GaugeMetric {
	return q.depth.WithLabelValues(name, name, "")
}

// NewAddsMetric returns workqueue_adds_total of a queue.
func (q *queueMetrics) NewAddsMetric(name string) workqueue.CounterMetric {
	return q.adds.WithLabelValues(name, name)
}

// NewLatencyMetric returns workqueue_queue_duration_seconds of a queue.
func (q *queueMetrics) NewLatencyMetric(name string) workqueue.HistogramMetric {
	return q.latency.WithLabelValues(name, name)
}

// NewWorkDurationMetric returns workqueue_work_duration_seconds of a queue.
func (q *queueMetrics) NewWorkDurationMetric(name string) workqueue.HistogramMetric {
	return q.work.WithLabelValues(name, name)
}

// NewUnfinishedWorkSecondsMetric returns workqueue_unfinished_work_seconds of a queue.
func (q *queueMetrics) NewUnfinishedWorkSecondsMetric(name string) workqueue.SettableGaugeMetric {
	return q.unfinished.WithLabelValues(name, name)
}

// NewLongestRunningProcessorSecondsMetric returns
// workqueue_longest_running_processor_seconds of a queue.
func (q *queueMetrics) NewLongestRunningProcessorSecondsMetric(name string) workqueue.SettableGaugeMetric {
	return q.longest.WithLabelValues(name, name)
}

// NewRetriesMetric returns workqueue_retries_total of a queue.
func (q *queueMetrics) NewRetriesMetric(name string) workqueue.CounterMetric {
	return q.retries.WithLabelValues(name, name)
}
