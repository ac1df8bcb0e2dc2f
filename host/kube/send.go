// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
	clientmetrics "k8s.io/client-go/tools/metrics"
	"k8s.io/client-go/util/flowcontrol"
)

// maxTries is how often a write is sent that the API server asks to send again.
const maxTries = 11

// sender sends writes. It means the same as client-go's rest.Request, which
// costs as much as everything below it: it works out the URL six times, and
// the http.Client behind it prepares for redirects that API servers do not send.
// Safe for concurrent use.
type sender struct {
	base      *url.URL
	transport http.RoundTripper
	timeout   time.Duration           // of a write with all of its tries; 0: none
	limiter   flowcontrol.RateLimiter // nil: none
	warnings  rest.WarningHandlerWithContext
	headers   map[string]http.Header // by content type; not changed
}

// draft is a write that is to be sent.
type draft struct {
	method      string
	path, query string
	contentType string
	body        []byte
}

// param adds a parameter to the query, unless it has no value.
func (d *draft) param(name, value string) {
	if value == "" {
		return
	}
	if d.query != "" {
		d.query += "&"
	}
	d.query += name + "=" + url.QueryEscape(value)
}

// headersOf returns the headers of requests by their content type. An agent that
// is empty is left to the transport.
func headersOf(agent, accept string) map[string]http.Header {
	all := map[string]http.Header{}
	for _, contentType := range []string{
		contentJSON, runtime.ContentTypeProtobuf, string(types.MergePatchType), string(types.JSONPatchType),
		string(types.StrategicMergePatchType), string(types.ApplyPatchType),
	} {
		h := http.Header{"Accept": {accept}, "Content-Type": {contentType}}
		if agent != "" {
			h.Set("User-Agent", agent)
		}
		all[contentType] = h
	}
	return all
}

// send performs a write and returns the body of the answer. An answer that
// refuses it is an apierrors.APIStatus, none is a [url.Error].
func (s *sender) send(ctx context.Context, d *draft) ([]byte, error) {
	start := time.Now()
	defer func() { clientmetrics.RequestLatency.Observe(ctx, d.method, *s.base, time.Since(start)) }()
	if err := s.wait(ctx, d); err != nil {
		return nil, err
	}
	if s.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	for try := 1; ; try++ {
		response, err := s.try(ctx, d, try)
		if err != nil {
			return nil, err
		}
		pause, asked := sendAgain(response)
		if !asked || try == maxTries {
			return s.answer(ctx, d, response)
		}
		discard(response)
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
		if err := s.wait(ctx, d); err != nil {
			return nil, err
		}
	}
}

// wait waits until the rate limit lets a request through.
func (s *sender) wait(ctx context.Context, d *draft) error {
	if s.limiter == nil {
		return ctx.Err()
	}
	start := time.Now()
	err := s.limiter.Wait(ctx)
	clientmetrics.RateLimiterLatency.Observe(ctx, d.method, *s.base, time.Since(start))
	return err
}

// try sends a write once.
func (s *sender) try(ctx context.Context, d *draft, try int) (*http.Response, error) {
	u := *s.base
	u.Path, u.RawQuery = s.base.Path+d.path, d.query
	open := func() (io.ReadCloser, error) {
		if len(d.body) == 0 {
			return http.NoBody, nil // anything else has an unknown length, if the length is 0
		}
		return io.NopCloser(bytes.NewReader(d.body)), nil
	}
	body, _ := open()
	request := (&http.Request{
		Method: d.method, URL: &u, Host: u.Host, Header: s.headers[d.contentType],
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: body, GetBody: open, ContentLength: int64(len(d.body)),
	}).WithContext(ctx)
	response, err := s.transport.RoundTrip(request)
	clientmetrics.RequestSize.Observe(ctx, d.method, u.Host, float64(len(d.body)))
	code := "<error>"
	if err == nil {
		code = strconv.Itoa(response.StatusCode)
	}
	clientmetrics.RequestResult.Increment(ctx, code, d.method, u.Host)
	if try > 1 {
		clientmetrics.RequestRetry.IncrementRetry(ctx, code, d.method, u.Host)
	}
	if err != nil {
		return nil, &url.Error{Op: d.method, URL: u.String(), Err: err}
	}
	return response, nil
}

// answer reads the answer to a write.
func (s *sender) answer(ctx context.Context, d *draft, response *http.Response) ([]byte, error) {
	body, err := readBody(response)
	if err != nil {
		return nil, err
	}
	clientmetrics.ResponseSize.Observe(ctx, d.method, s.base.Host, float64(len(body)))
	if values := response.Header["Warning"]; len(values) > 0 {
		warnings, _ := utilnet.ParseWarningHeaders(values) // what is malformed is no warning
		for _, w := range warnings {
			s.warnings.HandleWarningHeaderWithContext(ctx, w.Code, w.Agent, w.Text)
		}
	}
	if response.StatusCode < http.StatusOK || response.StatusCode > http.StatusPartialContent {
		return nil, refusal(d.method, response, body)
	}
	return body, nil
}
