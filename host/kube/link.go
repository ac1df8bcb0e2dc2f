// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/wasm-controller-manager/wcm/host/fence"
)

// Link is the way to the API server under one identity. What only reads shares
// its connection with everything else of the same credentials; writes have one
// of their own, which is behind a fence and can be cut without harm to watches.
//
// A Link is immutable and safe for concurrent use. It holds nothing that must
// be closed: connections end when they are idle, or with the fence.
type Link struct {
	config        *rest.Config // of the API server; without credentials and rate limit
	agent         string       // empty: what the transports say
	reads, writes http.RoundTripper
}

// Connect returns a link with the credentials and the user agent of config. It
// does no I/O.
func Connect(config *rest.Config, f *fence.Fence) (*Link, error) {
	reads, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	fenced := rest.CopyConfig(config)
	fenced.Dial = f.DialContext
	last := func(next http.RoundTripper) http.RoundTripper { return f.Transport(bounded{next}) }
	fenced.WrapTransport = transport.Wrappers(last, config.WrapTransport)
	writes, err := rest.TransportFor(fenced)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	server := rest.AnonymousClientConfig(config)
	server.QPS, server.RateLimiter = -1, nil
	return &Link{config: server, agent: config.UserAgent, reads: reads, writes: writes}, nil
}

// As returns a link over the same connections under another name. Credentials
// adds them to requests; nil keeps those of l.
func (l *Link) As(userAgent string, credentials transport.WrapperFunc) *Link {
	wrap := func(next http.RoundTripper) http.RoundTripper {
		if credentials != nil {
			next = credentials(next)
		}
		return transport.NewUserAgentRoundTripper(userAgent, next)
	}
	return &Link{config: l.config, agent: userAgent, reads: wrap(l.reads), writes: wrap(l.writes)}
}

// Client returns a client whose requests take from the limiter, which clients
// may share; nil: there is no limit.
func (l *Link) Client(limiter flowcontrol.RateLimiter) (*Client, error) {
	c := rest.CopyConfig(l.config)
	c.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	c.ContentConfig.ContentType, c.ContentConfig.AcceptContentTypes = contentJSON, contentJSON
	c.RateLimiter = limiter
	reads, err := rest.UnversionedRESTClientForConfigAndClient(c, l.http(l.reads))
	if err != nil {
		return nil, fmt.Errorf("client for %s: %w", c.Host, err)
	}
	writes, err := l.sender(limiter, contentJSON)
	if err != nil {
		return nil, fmt.Errorf("client for %s: %w", c.Host, err)
	}
	return &Client{reads: reads, writes: writes}, nil
}

func (l *Link) sender(limiter flowcontrol.RateLimiter, accept string) (*sender, error) {
	base, _, err := rest.DefaultServerUrlFor(l.config)
	if err != nil {
		return nil, err
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	return &sender{
		base: base, transport: l.writes, timeout: l.config.Timeout, limiter: limiter,
		warnings: warningHandler(l.config), headers: headersOf(l.agent, accept),
	}, nil
}

// Core returns client-go's client of the core group. All of its requests go the
// way of writes, and take from the limiter; nil: there is no limit.
func (l *Link) Core(limiter flowcontrol.RateLimiter) (typedcorev1.CoreV1Interface, error) {
	c := rest.CopyConfig(l.config)
	c.RateLimiter = limiter
	c.ContentType, c.AcceptContentTypes = runtime.ContentTypeProtobuf, acceptProtobuf
	client, err := typedcorev1.NewForConfigAndClient(c, l.http(l.writes))
	if err != nil {
		return nil, fmt.Errorf("client for %s: %w", c.Host, err)
	}
	return client, nil
}

func (l *Link) http(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, Timeout: l.config.Timeout}
}

// bounded tells the API server how long a request may take, so that it does
// not perform one that has waited there until its sender no longer led.
type bounded struct{ next http.RoundTripper }

// WrappedRoundTripper returns the transport below, for Kubernetes' libraries.
func (b bounded) WrappedRoundTripper() http.RoundTripper { return b.next }

// RoundTrip sends a request with the rest of its time as the parameter timeout.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	deadline, has := r.Context().Deadline()
	if !has {
		return b.next.RoundTrip(r)
	}
	u := *r.URL
	u.RawQuery = withTimeout(u.RawQuery, timeoutFor(time.Until(deadline)))
	r = r.WithContext(r.Context()) // a copy
	r.URL = &u
	return b.next.RoundTrip(r)
}

// withTimeout puts the parameter timeout into a query, unless a shorter one is there.
func withTimeout(query string, timeout time.Duration) string {
	if !strings.Contains(query, "timeout") { // nearly always
		return strings.TrimPrefix(query+"&timeout="+timeout.String(), "&")
	}
	values, _ := url.ParseQuery(query) // as the server reads it
	if asked, err := time.ParseDuration(values.Get("timeout")); err == nil && asked > 0 {
		timeout = min(timeout, asked)
	}
	values.Set("timeout", timeout.String())
	return values.Encode()
}

// timeoutFor returns what the API server is told of the time that is left: a
// tenth less, so that its own answer comes first, and in whole seconds if there
// are some. A path that is another one in each request would be sent as a whole
// each time, and push the credentials out of the compression of headers.
func timeoutFor(left time.Duration) time.Duration {
	left = left * 9 / 10
	if left < 2*time.Second {
		return max(left, time.Millisecond).Truncate(time.Millisecond)
	}
	return left.Truncate(time.Second)
}
