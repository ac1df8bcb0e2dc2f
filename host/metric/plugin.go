// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/wasm-controller-manager/wcm/abi"
)

// pluginMetrics are about modules and their instances.
type pluginMetrics struct {
	loaded    prometheus.Gauge
	refused   *prometheus.CounterVec
	compile   *prometheus.HistogramVec
	codeLoads *prometheus.HistogramVec
	unloads   prometheus.Counter
	reloads   *prometheus.CounterVec
	tokens    *prometheus.CounterVec
	rollbacks *prometheus.CounterVec
	state     *prometheus.GaugeVec
	instances *prometheus.GaugeVec
	recycled  *prometheus.CounterVec
	memory    *prometheus.GaugeVec
	calls     *prometheus.HistogramVec
	fuel      *prometheus.CounterVec
	traps     *prometheus.CounterVec
	hostCalls *prometheus.CounterVec
	wakeups   *prometheus.CounterVec
}

func newPluginMetrics(f promauto.Factory) pluginMetrics {
	return pluginMetrics{
		loaded: f.NewGauge(prometheus.GaugeOpts{Name: "wcm_modules_loaded",
			Help: "Modules that are compiled and in use."}),
		refused: counter(f, "wcm_modules_refused_total",
			"Modules that were not loaded, by reason.", "reason"),
		compile: histogram(f, "wcm_module_compile_seconds",
			"How long it took to compile a module, by where its code came from: cache, child, or process.",
			prometheus.ExponentialBuckets(0.005, 2, 14), labelPlugin, "origin"), // 5 ms to 41 s
		codeLoads: histogram(f, "wcm_module_code_load_seconds",
			"How long it took to load the code of a module that was unloaded, by result: success or error; its count is the number of loads.",
			prometheus.ExponentialBuckets(0.0001, 2, 16), labelResult), // 0.1 ms to 3 s
		unloads: f.NewCounter(prometheus.CounterOpts{Name: "wcm_module_code_unloads_total",
			Help: "How often the code of a module was unloaded because no plugin used it."}),
		tokens: counter(f, "wcm_token_requests_total",
			"Requests for tokens of a plugin's ServiceAccount by result: success or error.",
			labelPlugin, labelResult),
		reloads: counter(f, "wcm_reloads_total",
			"Replacements of a plugin's module by result: success, or error (the old one runs on).",
			labelPlugin, labelResult),
		rollbacks: counter(f, "wcm_rollbacks_total",
			"Versions of a plugin that were left because they trapped, by result: success, or error (there is no way back).",
			labelPlugin, labelResult),
		state: gauge(f, "wcm_plugin_state",
			"1 for the state that a plugin is in, else 0: running, refused (the newest files are not loaded), "+
				"rolled_back (the newest files trapped and the last good version runs), quarantined (a controller makes no calls).",
			labelPlugin, "state"),
		instances: gauge(f, "wcm_instances",
			"Instances of a plugin.", labelPlugin),
		recycled: counter(f, "wcm_instances_recycled_total",
			"Instances that were thrown away because their memory had grown too large.", labelPlugin),
		memory: gauge(f, "wcm_guest_memory_bytes",
			"Linear memory of all instances of a plugin.", labelPlugin),
		calls: histogram(f, "wcm_guest_call_seconds",
			"How long a call into a guest took, host calls included; its count is the number of calls.",
			prometheus.ExponentialBuckets(1e-6, 4, 13), labelPlugin, "function"), // 1 µs to 17 s
		fuel: counter(f, "wcm_guest_fuel_total",
			"Metered work that a guest has done, in units of about one instruction.", labelPlugin, "function"),
		traps: counter(f, "wcm_guest_traps_total",
			"Calls into a guest that trapped or were cut off; the instance is thrown away.", labelPlugin, "function"),
		hostCalls: counter(f, "wcm_host_calls_total",
			"Operations that guests asked for, by status.", labelPlugin, "operation", "status"),
		wakeups: counter(f, "wcm_wakeups_total",
			"Watch events for a controller: delivered, or filtered because nothing changed that it reads.",
			labelPlugin, labelController, labelResult),
	}
}

// ModuleLoaded counts one more module in use, or with -1 one less.
func (m *Metrics) ModuleLoaded(delta int) { m.plugin.loaded.Add(float64(delta)) }

// ModuleRefused counts a module that was not loaded. The reason is one word of
// a closed list, never text of the module.
func (m *Metrics) ModuleRefused(reason string) { m.plugin.refused.WithLabelValues(reason).Inc() }

// CodeLoaded observes how long it took to load code that was unloaded, or to
// fail to.
func (m *Metrics) CodeLoaded(d time.Duration, success bool) {
	m.plugin.codeLoads.WithLabelValues(result(success)).Observe(d.Seconds())
}

// CodeUnloaded counts code that nobody used and that was unloaded.
func (m *Metrics) CodeUnloaded() { m.plugin.unloads.Inc() }

// Plugin is the metrics of one plugin. Make it with [Metrics.Plugin].
type Plugin struct {
	// Instances is the number of instances.
	Instances prometheus.Gauge
	// Recycled counts instances that were thrown away for their size.
	Recycled prometheus.Counter
	// Memory is the linear memory of all instances, in bytes.
	Memory prometheus.Gauge

	metrics   *pluginMetrics
	outside   *outsideMetrics
	name      string
	functions [len(functions)]atomic.Pointer[function]           // nil before the first call
	succeeded [abi.Operations]atomic.Pointer[prometheus.Counter] // host calls with StatusOK; likewise
	reloaded  map[bool]prometheus.Counter
	rollbacks map[bool]prometheus.Counter
}

// PluginState is the value of the label state, one of the following.
type PluginState string

// The states of a plugin, from good to bad.
const (
	PluginRunning     PluginState = "running"
	PluginRefused     PluginState = "refused"
	PluginRolledBack  PluginState = "rolled_back"
	PluginQuarantined PluginState = "quarantined"
)

var pluginStates = []PluginState{PluginRunning, PluginRefused, PluginRolledBack, PluginQuarantined}

// Plugin returns the metrics of the plugin with this name. What it never does has
// no series: with a thousand plugins those that stay zero would be a tenth of the
// memory.
func (m *Metrics) Plugin(name string) *Plugin {
	v := &m.plugin
	p := &Plugin{
		Instances: v.instances.WithLabelValues(name),
		Recycled:  v.recycled.WithLabelValues(name),
		Memory:    v.memory.WithLabelValues(name),
		metrics:   v,
		outside:   &m.outside,
		name:      name,
		reloaded: map[bool]prometheus.Counter{
			true:  v.reloads.WithLabelValues(name, "success"),
			false: v.reloads.WithLabelValues(name, "error"),
		},
		rollbacks: map[bool]prometheus.Counter{
			true:  v.rollbacks.WithLabelValues(name, "success"),
			false: v.rollbacks.WithLabelValues(name, "error"),
		},
	}
	return p
}

// Compiled observes how long it took until the module's code was ready, and
// where it came from: a word of a closed list.
func (p *Plugin) Compiled(origin string, d time.Duration) {
	p.metrics.compile.WithLabelValues(p.name, origin).Observe(d.Seconds())
}

// Reloaded counts a replacement of the module, or a failed one.
func (p *Plugin) Reloaded(ok bool) { p.reloaded[ok].Inc() }

// TokenRequested counts a request for a token of the plugin's ServiceAccount.
func (p *Plugin) TokenRequested(ok bool) {
	p.metrics.tokens.WithLabelValues(p.name, result(ok)).Inc()
}

func result(ok bool) string {
	if ok {
		return "success"
	}
	return "error"
}

// RolledBack counts a version that was left, or one that there is no way back from.
func (p *Plugin) RolledBack(ok bool) { p.rollbacks[ok].Inc() }

// SetState says which state the plugin is in.
func (p *Plugin) SetState(is PluginState) {
	for _, state := range pluginStates {
		value := 0.0
		if state == is {
			value = 1
		}
		p.metrics.state.WithLabelValues(p.name, string(state)).Set(value)
	}
}

// Wakeups returns the counters of the watch events that woke a controller of
// the plugin, and of those that did not because nothing changed that it reads.
func (p *Plugin) Wakeups(controller string) (delivered, filtered prometheus.Counter) {
	return p.metrics.wakeups.WithLabelValues(p.name, controller, "delivered"),
		p.metrics.wakeups.WithLabelValues(p.name, controller, "filtered")
}

// Delete takes the plugin's series away.
func (p *Plugin) Delete() {
	m, label := p.metrics, prometheus.Labels{labelPlugin: p.name}
	for _, vec := range []interface {
		DeletePartialMatch(prometheus.Labels) int
	}{
		m.compile, m.reloads, m.tokens, m.rollbacks, m.state, m.instances, m.recycled, m.memory, m.calls, m.fuel, m.traps, m.hostCalls, m.wakeups,
		p.outside.requests, p.outside.seconds,
	} {
		vec.DeletePartialMatch(label)
	}
}
