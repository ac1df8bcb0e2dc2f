// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"context"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"k8s.io/client-go/tools/leaderelection"
	clientmetrics "k8s.io/client-go/tools/metrics"
)

// clientMetrics are the rest_client_* metrics of Kubernetes' components.
type clientMetrics struct {
	requests  *prometheus.CounterVec
	retries   *prometheus.CounterVec
	latency   *prometheus.HistogramVec
	throttled *prometheus.HistogramVec
	sent      *prometheus.HistogramVec
	received  *prometheus.HistogramVec
}

var (
	clientSeconds = []float64{0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60}
	clientBytes   = []float64{64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216}
)

func newClientMetrics(f promauto.Factory) clientMetrics {
	return clientMetrics{
		requests: counter(f, "rest_client_requests_total",
			"HTTP requests by status code, method and host.", "code", "method", labelHost),
		retries: counter(f, "rest_client_request_retries_total",
			"HTTP requests that the client repeated.", "code", labelVerb, labelHost),
		latency: histogram(f, "rest_client_request_duration_seconds",
			"How long a request took.", clientSeconds, labelVerb, labelHost),
		throttled: histogram(f, "rest_client_rate_limiter_duration_seconds",
			"How long the client's own rate limit held a request back.", clientSeconds, labelVerb, labelHost),
		sent: histogram(f, "rest_client_request_size_bytes",
			"Size of the bodies of requests.", clientBytes, labelVerb, labelHost),
		received: histogram(f, "rest_client_response_size_bytes",
			"Size of the bodies of responses.", clientBytes, labelVerb, labelHost),
	}
}

// electionMetrics are client-go's metrics of leader election.
type electionMetrics struct {
	leading  *prometheus.GaugeVec
	slowPath *prometheus.CounterVec
}

func newElectionMetrics(f promauto.Factory) electionMetrics {
	return electionMetrics{
		leading: gauge(f, "leader_election_master_status",
			"1 while this process holds the lease of this name, else 0.", labelName),
		slowPath: counter(f, "leader_election_slowpath_total",
			"Renewals that had to read the lease first.", labelName),
	}
}

// client-go reports its requests and elections to variables of the process,
// which can be set once. They are set to an adapter that passes everything on
// to the Metrics of the latest ObserveClientGo, so that a second host in the
// process (a test has many) neither panics nor counts into the first.
var (
	observeOnce sync.Once
	observed    atomic.Pointer[Metrics]
)

// ObserveClientGo makes m the metrics to which all clients and elections of
// client-go in this process report, instead of the ones that were before. Call
// it before the first client is made, as client-go reads its variables unguarded.
func (m *Metrics) ObserveClientGo() {
	observed.Store(m)
	observeOnce.Do(func() {
		clientmetrics.Register(clientmetrics.RegisterOpts{
			RequestResult:      clientGo{},
			RequestRetry:       clientGo{},
			RequestLatency:     latency(func(m *Metrics) *prometheus.HistogramVec { return m.client.latency }),
			RateLimiterLatency: latency(func(m *Metrics) *prometheus.HistogramVec { return m.client.throttled }),
			RequestSize:        size(func(m *Metrics) *prometheus.HistogramVec { return m.client.sent }),
			ResponseSize:       size(func(m *Metrics) *prometheus.HistogramVec { return m.client.received }),
		})
		leaderelection.SetProvider(clientGo{})
	})
}

// clientGo is what client-go reports to.
type clientGo struct{}

// Increment counts a request.
func (clientGo) Increment(_ context.Context, code, method, host string) {
	observed.Load().client.requests.WithLabelValues(code, method, host).Inc()
}

// IncrementRetry counts a repeated request.
func (clientGo) IncrementRetry(_ context.Context, code, method, host string) {
	observed.Load().client.retries.WithLabelValues(code, method, host).Inc()
}

// NewLeaderMetric returns the metric of an elector.
func (clientGo) NewLeaderMetric() leaderelection.LeaderMetric { return clientGo{} }

// On counts a lease as held.
func (clientGo) On(name string) { observed.Load().election.leading.WithLabelValues(name).Set(1) }

// Off counts a lease as not held.
func (clientGo) Off(name string) {
	observed.Load().election.leading.WithLabelValues(name).Set(0)
	observed.Load().election.slowPath.WithLabelValues(name) // starts at zero
}

// SlowpathExercised counts a renewal that had to read the lease first.
func (clientGo) SlowpathExercised(name string) {
	observed.Load().election.slowPath.WithLabelValues(name).Inc()
}

type latency func(*Metrics) *prometheus.HistogramVec

// Observe counts how long a request took or was held back. The path of the URL
// is left out: it has the names of objects.
func (l latency) Observe(_ context.Context, verb string, u url.URL, d time.Duration) {
	l(observed.Load()).WithLabelValues(verb, u.Host).Observe(d.Seconds())
}

type size func(*Metrics) *prometheus.HistogramVec

// Observe counts the size of a body.
func (s size) Observe(_ context.Context, verb, host string, bytes float64) {
	s(observed.Load()).WithLabelValues(verb, host).Observe(bytes)
}
