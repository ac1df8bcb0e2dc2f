// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/wasm-controller-manager/wcm/host/control"
)

// queueMetrics are the workqueue_* metrics with controller-runtime's labels,
// of which name and controller are the same.
type queueMetrics struct {
	depth      *prometheus.Desc
	adds       *prometheus.Desc
	latency    *prometheus.HistogramVec
	work       *prometheus.HistogramVec
	unfinished *prometheus.Desc
	longest    *prometheus.Desc
	retries    *prometheus.Desc
}

func newQueueMetrics(f promauto.Factory) queueMetrics {
	buckets := prometheus.ExponentialBuckets(10e-9, 10, 12) // 10 ns to 1000 s
	return queueMetrics{
		depth: description("workqueue_depth",
			"Keys that wait for a worker. The priority is always empty: both lanes are counted together.",
			labelName, labelController, "priority"),
		adds: description("workqueue_adds_total",
			"Keys that were added while they did not wait already.", labelName, labelController),
		latency: histogram(f, "workqueue_queue_duration_seconds",
			"How long a key waited for a worker.", buckets, labelName, labelController),
		work: histogram(f, "workqueue_work_duration_seconds",
			"How long a worker had a key.", buckets, labelName, labelController),
		unfinished: description("workqueue_unfinished_work_seconds",
			"Sum of the times for which workers have had their current key; grows if they are stuck.",
			labelName, labelController),
		longest: description("workqueue_longest_running_processor_seconds",
			"How long the slowest worker has had its current key.", labelName, labelController),
		retries: description("workqueue_retries_total",
			"Keys that were added with a delay: retries and RequeueAfter.", labelName, labelController),
	}
}

func (q *queueMetrics) describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{q.depth, q.adds, q.unfinished, q.longest, q.retries} {
		ch <- d
	}
}

// collect sends what there is to tell about the queue of a controller.
func (q *queueMetrics) collect(ch chan<- prometheus.Metric, name string, is control.Queue) {
	ch <- gaugeNow(q.depth, float64(is.Depth), name, name, "")
	ch <- counterNow(q.adds, float64(is.Added), name, name)
	ch <- gaugeNow(q.unfinished, is.Unfinished.Seconds(), name, name)
	ch <- gaugeNow(q.longest, is.Longest.Seconds(), name, name)
	ch <- counterNow(q.retries, float64(is.Delayed), name, name)
}
