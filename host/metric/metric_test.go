// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/control"
)

// scrape returns every series as "name{label=value,…}" with its value; of a
// histogram the number of observations.
func scrape(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatalf("Gather() = %v", err)
	}
	series := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			v := float64(m.GetHistogram().GetSampleCount())
			switch {
			case m.Counter != nil:
				v = m.GetCounter().GetValue()
			case m.Gauge != nil:
				v = m.GetGauge().GetValue()
			}
			series[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = v
		}
	}
	return series
}

// nonZero leaves out what is zero.
func nonZero(series map[string]float64) map[string]float64 {
	left := map[string]float64{}
	for name, v := range series {
		if v != 0 {
			left[name] = v
		}
	}
	return left
}

func TestControllerName(t *testing.T) {
	for _, c := range []struct{ plugin, controller, want string }{
		{"replicationcontroller", "replicationcontroller", "replicationcontroller"},
		{"certificatesigningrequest", "approving", "certificatesigningrequest/approving"},
	} {
		if got := ControllerName(c.plugin, c.controller); got != c.want {
			t.Errorf("ControllerName(%q, %q) = %q, want %q", c.plugin, c.controller, got, c.want)
		}
	}
}

// A dashboard made for controller-runtime finds every series but histograms
// before anything has happened.
func TestControllerStartsAtZero(t *testing.T) {
	registry := prometheus.NewRegistry()
	New(registry).Controller("web")
	var got []string
	for name, v := range scrape(t, registry) {
		if v != 0 {
			t.Errorf("%s = %v, want 0", name, v)
		}
		if strings.HasPrefix(name, "controller_runtime_") || strings.HasPrefix(name, "running_") {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	want := []string{
		"controller_runtime_active_workers{controller=web}",
		"controller_runtime_max_concurrent_reconciles{controller=web}",
		"controller_runtime_reconcile_errors_total{controller=web}",
		"controller_runtime_reconcile_panics_total{controller=web}",
		"controller_runtime_reconcile_timeouts_total{controller=web}",
		"controller_runtime_reconcile_total{controller=web,result=error}",
		"controller_runtime_reconcile_total{controller=web,result=requeue_after}",
		"controller_runtime_reconcile_total{controller=web,result=requeue}",
		"controller_runtime_reconcile_total{controller=web,result=success}",
		"controller_runtime_terminal_reconcile_errors_total{controller=web}",
		"running_managed_controllers{manager=wasm-controller-manager,name=web}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("series of a new controller: -want +got:\n%s", diff)
	}
}

func TestControllerCountsReports(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := New(registry)
	c := m.Controller("web")
	c.RunStarted(5, func() control.Queue {
		return control.Queue{Depth: 3, Added: 10, Delayed: 2, Unfinished: 5 * time.Second, Longest: 4 * time.Second}
	})
	err := errors.New("it went wrong")
	for _, o := range []control.Outcome{
		{},
		{RequeueAfter: time.Minute, Fuel: 1000},
		{Err: err},
		{Err: err, Terminal: true},
		{Err: err, Trap: true, Fuel: 500},
		{Err: err, Status: abi.StatusNotLeader},
	} {
		c.AttemptStarted(time.Second)
		c.AttemptEnded(control.Report{Outcome: o, Decision: control.Decide(o, control.Situation{}), TimedOut: o.Trap})
	}
	c.AttemptStarted(time.Second)
	want := map[string]float64{
		"controller_runtime_active_workers{controller=web}":                       1,
		"controller_runtime_max_concurrent_reconciles{controller=web}":            5,
		"controller_runtime_reconcile_errors_total{controller=web}":               3,
		"controller_runtime_reconcile_panics_total{controller=web}":               1,
		"controller_runtime_reconcile_time_seconds{controller=web}":               6,
		"controller_runtime_reconcile_timeouts_total{controller=web}":             1,
		"controller_runtime_reconcile_total{controller=web,result=error}":         3,
		"controller_runtime_reconcile_total{controller=web,result=requeue_after}": 1,
		"controller_runtime_reconcile_total{controller=web,result=requeue}":       1,
		"controller_runtime_reconcile_total{controller=web,result=success}":       1,
		"controller_runtime_terminal_reconcile_errors_total{controller=web}":      1,
		"running_managed_controllers{manager=wasm-controller-manager,name=web}":   1,
		"wcm_reconcile_fuel_total{controller=web}":                                1500,
		"workqueue_adds_total{controller=web,name=web}":                           10,
		"workqueue_depth{controller=web,name=web,priority=}":                      3,
		"workqueue_longest_running_processor_seconds{controller=web,name=web}":    4,
		"workqueue_queue_duration_seconds{controller=web,name=web}":               7,
		"workqueue_retries_total{controller=web,name=web}":                        2,
		"workqueue_unfinished_work_seconds{controller=web,name=web}":              5,
		"workqueue_work_duration_seconds{controller=web,name=web}":                6,
	}
	if diff := cmp.Diff(want, nonZero(scrape(t, registry))); diff != "" {
		t.Errorf("metrics after six reports: -want +got:\n%s", diff)
	}
}

// What is unloaded leaves no series behind, or a thousand reloads leak.
func TestDelete(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := New(registry)
	before := scrape(t, registry)
	c := m.Controller("web")
	c.RunStarted(1, func() control.Queue { return control.Queue{} })
	c.AttemptStarted(time.Second)
	c.AttemptEnded(control.Report{})
	p := m.Plugin("shop")
	p.Compiled("cache", time.Second)
	p.HostCall(abi.OpGet, abi.StatusNotFound)
	p.Wakeups("web")
	p.HTTPRequest(200, time.Second)
	r := m.Resource("v1/pods")
	if len(scrape(t, registry)) < len(before)+30 {
		t.Fatalf("%d series after use, want many more than %d", len(scrape(t, registry)), len(before))
	}
	c.Delete()
	p.Delete()
	r.Delete()
	if diff := cmp.Diff(before, scrape(t, registry)); diff != "" {
		t.Errorf("series after Delete: -want +got:\n%s", diff)
	}
}

func TestPlugin(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := New(registry)
	p := m.Plugin("shop")
	m.ModuleLoaded(2)
	m.ModuleLoaded(-1)
	m.ModuleRefused("wrong_abi")
	m.CodeLoaded(time.Millisecond, true)
	m.CodeUnloaded()
	p.Compiled("cache", time.Second)
	p.Reloaded(true)
	p.Reloaded(false)
	p.Instances.Inc()
	p.Memory.Add(1 << 20)
	p.GuestCall(abi.ExportReconcile, time.Millisecond, 1000, false)
	p.GuestCall(abi.ExportReconcile, time.Millisecond, 500, true)
	p.GuestCall("name_of_the_guest's", time.Millisecond, 1, true)
	p.HostCall(abi.OpGet, abi.StatusOK)
	p.HostCall(abi.OpGet, abi.StatusNotFound)
	p.HostCall(200, abi.StatusOK)
	p.HostCall(abi.OpGet, 999)
	p.HTTPRequest(404, time.Second)
	p.HTTPRequest(999, time.Second)
	p.HTTPRequest(0, time.Second)
	delivered, filtered := p.Wakeups("web")
	delivered.Inc()
	filtered.Add(9)
	want := map[string]float64{
		"wcm_guest_call_seconds{function=wcm_reconcile,plugin=shop}":       2,
		"wcm_guest_fuel_total{function=wcm_reconcile,plugin=shop}":         1500,
		"wcm_guest_memory_bytes{plugin=shop}":                              1 << 20,
		"wcm_guest_traps_total{function=wcm_reconcile,plugin=shop}":        1,
		"wcm_host_calls_total{operation=get,plugin=shop,status=not_found}": 1,
		"wcm_host_calls_total{operation=get,plugin=shop,status=ok}":        1,
		"wcm_host_calls_total{operation=get,plugin=shop,status=unknown}":   1,
		"wcm_host_calls_total{operation=unknown,plugin=shop,status=ok}":    1,
		"wcm_http_request_seconds{plugin=shop}":                            3,
		"wcm_http_requests_total{code=404,plugin=shop}":                    1,
		"wcm_http_requests_total{code=none,plugin=shop}":                   1,
		"wcm_http_requests_total{code=other,plugin=shop}":                  1,
		"wcm_instances{plugin=shop}":                                       1,
		"wcm_module_compile_seconds{origin=cache,plugin=shop}":             1,
		"wcm_module_code_load_seconds{result=success}":                     1,
		"wcm_module_code_unloads_total{}":                                  1,
		"wcm_modules_loaded{}":                                             1,
		"wcm_modules_refused_total{reason=wrong_abi}":                      1,
		"wcm_reloads_total{plugin=shop,result=error}":                      1,
		"wcm_reloads_total{plugin=shop,result=success}":                    1,
		"wcm_wakeups_total{controller=web,plugin=shop,result=delivered}":   1,
		"wcm_wakeups_total{controller=web,plugin=shop,result=filtered}":    9,
	}
	if diff := cmp.Diff(want, nonZero(scrape(t, registry))); diff != "" {
		t.Errorf("metrics of a plugin: -want +got:\n%s", diff)
	}
}
