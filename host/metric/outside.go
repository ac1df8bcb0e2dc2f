// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// outsideMetrics are about the requests of plugins to other servers than the
// API server.
type outsideMetrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newOutsideMetrics(f promauto.Factory) outsideMetrics {
	return outsideMetrics{
		requests: counter(f, "wcm_http_requests_total",
			"HTTP requests of a plugin to other servers, by the status code of the answer: "+
				"none if there was no answer, other for a code that HTTP does not have.", labelPlugin, "code"),
		seconds: histogram(f, "wcm_http_request_seconds",
			"How long an HTTP request of a plugin took, with its redirects and the body of the answer.",
			clientSeconds, labelPlugin),
	}
}

// HTTPRequest observes a request to another server, and the status code of its
// answer, 0 if there was none.
func (p *Plugin) HTTPRequest(code int, d time.Duration) {
	p.outside.requests.WithLabelValues(p.name, codeLabel(code)).Inc()
	p.outside.seconds.WithLabelValues(p.name).Observe(d.Seconds())
}

// codeLabel keeps the label to a list that no server can make longer.
func codeLabel(code int) string {
	switch {
	case code == 0:
		return "none"
	case http.StatusText(code) == "":
		return "other"
	}
	return strconv.Itoa(code)
}
