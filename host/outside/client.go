// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package outside sends the HTTP requests of one plugin to servers that are not
// the API server.
//
// It is the careful half of the operation http: it knows which requests can be
// sent at all, follows redirects, bounds what comes back, and refuses addresses
// that no name should lead to. Who may send what is decided by the caller, who
// is asked before every request, redirects included. It knows neither guests
// nor Kubernetes.
package outside

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

const (
	defaultTimeout   = 30 * time.Second // of a request that names none
	connectTimeout   = 10 * time.Second // for one address, and again for TLS
	idleTimeout      = 30 * time.Second // of a connection that is kept
	maxIdle          = 16               // connections that are kept, over all servers
	maxIdlePerServer = 4
	maxPerServer     = 32 // connections to one server
	maxAnswerHeaders = 64 << 10
	defaultBodyLimit = 4 << 20
)

// Options configures a [Client]. The zero value works.
type Options struct {
	// UserAgent is what requests say that name none; empty: Go's.
	UserAgent string
	// BodyLimit bounds the body of an answer, in bytes; 0: 4 MiB.
	BodyLimit int64
	// RootCAs are the authorities whose certificates are believed; nil: the
	// system's.
	RootCAs *x509.CertPool
	// Fence holds back requests that are writes, all but GET and HEAD, when this
	// process may no longer lead, and ends them then; nil: it always leads.
	Fence *fence.Fence
	// Observed is told the status code of each answer, 0 if a request that was
	// allowed got none, and how long it took with all redirects. Nil: nobody.
	Observed func(code int, took time.Duration)
}

// Client has connections of its own, no proxy, no cookies and no cache. It is
// safe for concurrent use.
type Client struct {
	options   Options
	transport *http.Transport
	writes    http.RoundTripper // the transport behind the fence
	resolver  *net.Resolver     // nil: the system's; others are for tests
}

// New returns a client, which connects when it is used. The caller closes it.
func New(o Options) *Client {
	if o.BodyLimit == 0 {
		o.BodyLimit = defaultBodyLimit
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	if o.Fence == nil {
		o.Fence = fence.Open()
	}
	c := &Client{options: o}
	c.transport = &http.Transport{
		Proxy:                  nil, // it would resolve the name, and so choose the address
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		DisableCompression:     true, // a body is as large as it was on the wire
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdlePerServer,
		MaxConnsPerHost:        maxPerServer,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxAnswerHeaders,
		Protocols:              protocols, // one request at a time: a connection that is cut off hurts no other
	}
	c.writes = o.Fence.Transport(c.transport)
	return c
}

// roundTripper sends each request of a client on its way. A redirect can make a
// GET of a POST.
type roundTripper struct{ *Client }

// RoundTrip sends one request.
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if IsWrite(r.Method) {
		return t.writes.RoundTrip(r)
	}
	return t.transport.RoundTrip(r)
}

// IsWrite reports whether a request with the method may change something, so
// that only the process that leads sends it.
func IsWrite(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// Close closes the connections that are kept. Requests under way end with
// their own context; their connections are not kept after them.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Check returns nil if a request with the method may go to the endpoint now,
// else the reason, an [*Error] as a rule. An endpoint that is an IP address or
// a name of this machine is dialled, so the check must allow such a one only if
// it was granted by itself; see [grant.AllowsHTTP].
type Check func(method string, to grant.Endpoint) error

// Do sends a request and returns the answer, whatever its status code. It asks
// check before it sends anything, and again before each redirect. The error is
// an [*Error].
func (c *Client) Do(ctx context.Context, r *abi.HTTPRequest, check Check) (*abi.HTTPResponse, error) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	limited, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %v", timeout))
	defer cancel()
	request, to, err := newRequest(limited, r, c.options.UserAgent)
	if err != nil {
		return nil, &Error{Status: abi.StatusBadRequest, Message: err.Error()}
	}
	if err := check(request.Method, to); err != nil {
		return nil, errorOf(err)
	}
	answer, err := c.observe(request, check)
	switch { // an answer that comes after the time may be one to our hanging up
	case ctx.Err() != nil:
		err = &Error{Status: abi.StatusCanceled, Message: context.Cause(ctx).Error()}
	case limited.Err() != nil:
		err = context.Cause(limited)
	case err == nil:
		return answer, nil
	}
	return nil, errorOf(err).about(request.Method, to)
}

// observe is send with a look at the clock.
func (c *Client) observe(request *http.Request, check Check) (*abi.HTTPResponse, error) {
	if c.options.Observed == nil {
		return c.send(request, check)
	}
	start, code := time.Now(), 0
	answer, err := c.send(request, check)
	if err == nil {
		code = int(answer.Status)
	}
	c.options.Observed(code, time.Since(start))
	return answer, err
}

// send sends a request, follows redirects and reads the answer.
func (c *Client) send(request *http.Request, check Check) (*abi.HTTPResponse, error) {
	client := http.Client{Transport: roundTripper{c}, CheckRedirect: redirects(check)}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, c.options.BodyLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read the body of the answer: %w", err)
	}
	if int64(len(body)) > c.options.BodyLimit {
		return nil, &Error{Status: abi.StatusTooLarge, Message: fmt.Sprintf("the body of the answer has more than %d bytes", c.options.BodyLimit)}
	}
	return &abi.HTTPResponse{Status: uint32(answer.StatusCode), Headers: pairs(answer.Header), Body: body}, nil
}

// Error is why there is no answer.
type Error struct {
	Status  abi.Status
	Message string
	// RetryAfter is when to try again, with StatusTooManyRequests.
	RetryAfter time.Duration
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// errorOf returns the Error inside of err, or one for a request that was not
// sent or not answered.
func errorOf(err error) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	status := abi.StatusUnavailable
	if errors.Is(err, fence.ErrNotLeader) {
		status = abi.StatusNotLeader
	}
	return &Error{Status: status, Message: withoutURL(err).Error()}
}

// about puts what was asked for before the message, without path and query.
func (e *Error) about(method string, to grant.Endpoint) *Error {
	return &Error{Status: e.Status, Message: method + " " + to.String() + ": " + e.Message, RetryAfter: e.RetryAfter}
}
