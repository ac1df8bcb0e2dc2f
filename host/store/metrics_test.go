// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"

	"github.com/wasm-controller-manager/wcm/host/metric"
)

// figures returns the metrics of pods that are not zero, by name and type of
// event.
func figures(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	figures := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				if l.GetName() == "type" {
					name += " " + l.GetValue()
				} else if l.GetValue() != "v1/pods" {
					t.Errorf("%s has the label %v, want resource=v1/pods", f.GetName(), l)
				}
			}
			if v := m.GetCounter().GetValue() + m.GetGauge().GetValue(); v != 0 {
				figures[name] = v
			}
		}
	}
	return figures
}

// tally is a counter that can be read.
type tally int

func (n *tally) Inc() { *n++ }

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1")))
		f.put(makePod("b", onNode("n1")))
		registry := prometheus.NewRegistry()
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t), Metrics: metric.New(registry)})
		run(t, s)
		v := open(t, s, ViewOptions{Projection: shape(t, nodeShape), Plugin: "p"})
		var delivered, filtered tally
		if _, err := v.Watch(WatchOptions{Handler: func(Change) {}, Delivered: &delivered, Filtered: &filtered}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the first list
		f.put(makePod("c", onNode("n2")))
		f.put(makePod("a", onNode("n1"), func(p *corev1.Pod) { p.Status.Message = "noise" }))
		f.put(makePod("a", onNode("n2")))
		f.remove("default", "b")
		synctest.Wait()

		bytes := 0
		for _, rec := range v.lens.Load().generation.table.all("") {
			bytes += len(rec)
		}
		want := map[string]float64{
			"wcm_cache_objects": 2, "wcm_cache_bytes": float64(bytes), "wcm_cache_synced": 1, "wcm_cache_lists_total": 1,
			"wcm_watch_events_total added": 1, "wcm_watch_events_total modified": 2, "wcm_watch_events_total deleted": 1,
		}
		if diff := cmp.Diff(want, figures(t, registry)); diff != "" {
			t.Errorf("metrics: -want +got:\n%s", diff)
		}
		if delivered != 5 || filtered != 1 {
			t.Errorf("changes: %d delivered and %d filtered, want 5 (2 of them initial) and 1", delivered, filtered)
		}

		v.Close()
		if left := figures(t, registry); len(left) > 0 {
			t.Errorf("metrics of a resource without views: %v, want none", left)
		}
	})
}
