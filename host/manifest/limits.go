// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"errors"
	"time"
)

// Limits bound what one plugin can use up.
type Limits struct {
	// ReconcileTimeout is how long one reconcile may take, with everything
	// that it waits for; the guest is stopped then. 0: the host's default.
	ReconcileTimeout time.Duration
	// Memory is the size in bytes up to which the linear memory of an
	// instance can grow.
	Memory int64
	// RecycleMemory is the size in bytes above which an instance is replaced
	// after its call.
	RecycleMemory int64
	// Instances is how many instances can be alive at once; 0: as many as the
	// concurrency of the plugin's controllers needs, 32 at most.
	Instances int
	// Concurrency is how many keys each controller of the plugin works on at
	// once; 0: as many as its module says.
	Concurrency int
	// MessageSize bounds one request, answer or description, in bytes.
	MessageSize int64
	// LogLinesPerSecond and LogLineSize (bytes) bound what the plugin logs and
	// writes to stdout and stderr. Lines that are more are dropped and counted,
	// after as many at once as in two seconds; what is longer is cut. The same
	// rate, counted apart, bounds the host's lines about the plugin's reconciles.
	LogLinesPerSecond float64
	LogLineSize       int64
	// EventsPerSecond bounds the Events that the plugin records. More are
	// dropped and counted, after as many at once as in two seconds.
	EventsPerSecond float64
	// MetricSeries is how many series the plugin's own metrics can have
	// together, as Prometheus counts them: a histogram is one for each bucket
	// and three more, 14. A series more is refused and counted.
	MetricSeries int
	// RequestsPerSecond and RequestBurst bound the plugin's requests to the API
	// server, in place of --kube-api-qps and --kube-api-burst, which hold for
	// each plugin by itself. A request waits, and is refused if it would have to
	// wait until the reconcile's time is over.
	RequestsPerSecond, RequestBurst Amount
	// HTTPRequestsPerSecond bounds the plugin's requests to other servers,
	// redirects included, of which two seconds' worth may come at once.
	HTTPRequestsPerSecond float64
}

// DefaultLimits are those of a plugin whose file names none.
func DefaultLimits() Limits {
	return Limits{
		Memory:            256 << 20,
		RecycleMemory:     64 << 20,
		MessageSize:       4 << 20,
		LogLinesPerSecond: 50,
		LogLineSize:       8 << 10,
		EventsPerSecond:   10,
		MetricSeries:      200,

		HTTPRequestsPerSecond: 10,
	}
}

// limitsFile is the schema of `limits:`. Quantities and durations are kept as
// they are written until they can be read with the name of their field.
type limitsFile struct {
	ReconcileTimeout  literal `json:"reconcileTimeout"`
	Memory            literal `json:"memory"`
	RecycleMemory     literal `json:"recycleMemory"`
	Instances         literal `json:"instances"`
	Concurrency       literal `json:"concurrency"`
	MessageSize       literal `json:"messageSize"`
	LogLinesPerSecond literal `json:"logLinesPerSecond"`
	LogLineSize       literal `json:"logLineSize"`
	EventsPerSecond   literal `json:"eventsPerSecond"`
	MetricSeries      literal `json:"metricSeries"`
	RequestsPerSecond literal `json:"requestsPerSecond"`
	RequestBurst      literal `json:"requestBurst"`

	HTTPRequestsPerSecond literal `json:"httpRequestsPerSecond"`
}

func (f *limitsFile) parse() (Limits, error) {
	l := DefaultLimits()
	err := errors.Join(
		f.ReconcileTimeout.duration("limits.reconcileTimeout", &l.ReconcileTimeout),
		f.Memory.bytes("limits.memory", &l.Memory),
		f.RecycleMemory.bytes("limits.recycleMemory", &l.RecycleMemory),
		f.Instances.count("limits.instances", &l.Instances),
		f.Concurrency.count("limits.concurrency", &l.Concurrency),
		f.MessageSize.bytes("limits.messageSize", &l.MessageSize),
		f.LogLinesPerSecond.rate("limits.logLinesPerSecond", &l.LogLinesPerSecond),
		f.LogLineSize.bytes("limits.logLineSize", &l.LogLineSize),
		f.EventsPerSecond.rate("limits.eventsPerSecond", &l.EventsPerSecond),
		f.MetricSeries.count("limits.metricSeries", &l.MetricSeries),
		f.RequestsPerSecond.amount("limits.requestsPerSecond", &l.RequestsPerSecond),
		f.RequestBurst.amount("limits.requestBurst", &l.RequestBurst),
		f.HTTPRequestsPerSecond.rate("limits.httpRequestsPerSecond", &l.HTTPRequestsPerSecond),
	)
	if l.RequestBurst == (Amount{}) { // it keeps its ratio of the flags' 20 and 30
		l.RequestBurst = Amount{Number: 1.5 * l.RequestsPerSecond.Number, Times: l.RequestsPerSecond.Times}
	}
	return l, err
}

// Rollback says when a new version that traps gives way to the last good one.
type Rollback struct {
	// Window is how long after its start a version can be rolled back. 0: never.
	Window time.Duration
	// Requests is how many reconciles must have ended before their outcomes count.
	Requests int
	// Share is the part of them, above 0 and up to 1, that must have trapped.
	Share float64
}

// DefaultRollback is that of a plugin whose file says nothing else.
func DefaultRollback() Rollback {
	return Rollback{Window: time.Minute, Requests: 10, Share: 0.5}
}

// rollbackFile is the schema of `rollback:`.
type rollbackFile struct {
	Window   literal `json:"window"`
	Requests literal `json:"requests"`
	Share    literal `json:"share"`
}

func (f *rollbackFile) parse() (Rollback, error) {
	r := DefaultRollback()
	err := errors.Join(
		f.Window.durationOrZero("rollback.window", &r.Window),
		f.Requests.count("rollback.requests", &r.Requests),
		f.Share.rate("rollback.share", &r.Share),
	)
	if err == nil && r.Share > 1 {
		err = errors.New("rollback.share: expected a number above 0 and up to 1")
	}
	return r, err
}
