// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"log/slog"

	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/fair"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// hostLineSize is the size in bytes of a line of the host about a plugin. It
// has room for a trap with the guest's stack and what the guest wrote.
const hostLineSize = 16 << 10

// bounds is what one plugin may use up. It outlives the plugin's versions: a
// reload neither fills a bucket again nor forgets a series.
type bounds struct {
	// logger is for lines of the host about the plugin: a plugin whose
	// reconciles all fail is no reason to fill the disk.
	logger  *slog.Logger
	guest   *slog.Logger // for what the plugin logs
	metrics *metric.Limits
	own     *metric.Own

	hostLines, guestLines, events, http *limit.Rate
	series                              *limit.Report
	requests                            *limit.Throttle
	turns                               *fair.Runner
	reports                             []*limit.Report // of all

	// What the flags allow a plugin to send to the API server.
	perSecond float64
	burst     int
}

// newBounds returns the bounds of a plugin with the default limits.
func (h *Host) newBounds(plugin string) *bounds {
	b := &bounds{
		metrics: h.metrics.Limits(plugin),
		own:     h.custom.Plugin(plugin),
		guest:   h.Logger.With("plugin", plugin),
	}
	l := manifest.DefaultLimits()
	report := func(what string, counter interface{ Inc() }) *limit.Report {
		r := limit.NewReport(b.guest, what, counter.Inc)
		b.reports = append(b.reports, r)
		return r
	}
	b.guestLines = limit.NewRate(l.LogLinesPerSecond, report("log lines", b.metrics.LogLine))
	b.hostLines = limit.NewRate(l.LogLinesPerSecond, report("lines of the host about the plugin", b.metrics.HostLine))
	b.events = limit.NewRate(l.EventsPerSecond, report("events", b.metrics.Event))
	b.http = limit.NewRate(l.HTTPRequestsPerSecond, nil) // a request is refused, not dropped
	b.series = report("series", b.metrics.Series)
	b.logger = slog.New(limit.NewHandler(h.Logger.Handler(), b.hostLines, hostLineSize))
	b.own.Limit(l.MetricSeries)
	b.perSecond, b.burst = kube.RateOf(h.Config)
	b.requests = limit.NewThrottle(b.perSecond, b.burst, b.metrics.RequestWaited)
	b.turns = h.gate.Runner(b.metrics.TurnWaited)
	return b
}

// set makes the limits of a version those of the plugin.
func (b *bounds) set(l manifest.Limits) {
	b.guestLines.Set(l.LogLinesPerSecond)
	b.hostLines.Set(l.LogLinesPerSecond)
	b.events.Set(l.EventsPerSecond)
	b.http.Set(l.HTTPRequestsPerSecond)
	b.own.Limit(l.MetricSeries)
	b.requests.Set(l.RequestsPerSecond.Of(b.perSecond), int(l.RequestBurst.Of(float64(b.burst))))
}

// access is the bounds of what a guest tells the host and others.
func (b *bounds) access(l manifest.Limits) access.Limits {
	return access.Limits{
		Lines: b.guestLines, LineSize: int(l.LogLineSize), Events: b.events, Series: b.series, HTTP: b.http,
	}
}

// close ends the bounds of a plugin that is removed. What drains still counts
// against them, but nobody sees it.
func (b *bounds) close() {
	for _, r := range b.reports {
		r.Close()
	}
	b.own.Delete()
	b.metrics.Delete()
}
