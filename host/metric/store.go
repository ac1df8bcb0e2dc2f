// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// storeMetrics are about the caches of objects.
type storeMetrics struct {
	objects *prometheus.GaugeVec
	bytes   *prometheus.GaugeVec
	events  *prometheus.CounterVec
	lists   *prometheus.CounterVec
	synced  *prometheus.GaugeVec
}

func newStoreMetrics(f promauto.Factory) storeMetrics {
	return storeMetrics{
		objects: gauge(f, "wcm_cache_objects",
			"Objects in the cache of a resource.", labelResource),
		bytes: gauge(f, "wcm_cache_bytes",
			"Size of the records in the cache of a resource.", labelResource),
		events: counter(f, "wcm_watch_events_total",
			"Watch events of a resource by type: added, modified, deleted, bookmark or error.",
			labelResource, "type"),
		lists: counter(f, "wcm_cache_lists_total",
			"Times that all objects of a resource were read, also as a watch list.", labelResource),
		synced: gauge(f, "wcm_cache_synced",
			"1 if the cache of a resource is filled, else 0.", labelResource),
	}
}

// Resource is the metrics of the cache of one resource. Make it with
// [Metrics.Resource].
type Resource struct {
	Objects prometheus.Gauge   // objects in the cache
	Bytes   prometheus.Gauge   // size of their records
	Synced  prometheus.Gauge   // 1 if the cache is filled
	Lists   prometheus.Counter // times that all objects were read

	Added, Modified, Deleted, Bookmarks, Errors prometheus.Counter // watch events

	metrics *storeMetrics
	name    string
}

// Resource returns the metrics of the cache of a resource, named as in
// descriptions and logs: "v1/pods", "apps/v1/replicasets".
func (m *Metrics) Resource(name string) *Resource {
	v := &m.store
	return &Resource{
		Objects:   v.objects.WithLabelValues(name),
		Bytes:     v.bytes.WithLabelValues(name),
		Synced:    v.synced.WithLabelValues(name),
		Lists:     v.lists.WithLabelValues(name),
		Added:     v.events.WithLabelValues(name, "added"),
		Modified:  v.events.WithLabelValues(name, "modified"),
		Deleted:   v.events.WithLabelValues(name, "deleted"),
		Bookmarks: v.events.WithLabelValues(name, "bookmark"),
		Errors:    v.events.WithLabelValues(name, "error"),
		metrics:   v,
		name:      name,
	}
}

// Delete takes the resource's series away.
func (r *Resource) Delete() {
	label := prometheus.Labels{labelResource: r.name}
	r.metrics.objects.DeletePartialMatch(label)
	r.metrics.bytes.DeletePartialMatch(label)
	r.metrics.synced.DeletePartialMatch(label)
	r.metrics.lists.DeletePartialMatch(label)
	r.metrics.events.DeletePartialMatch(label)
}
