// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// errLate is the cause of the end of a request that outlasted the trust with
// which it began.
var errLate = errors.New("no answer while the lease was sure")

// Transport returns next behind the fence. It belongs below everything that
// can wait, such as a rate limit or credentials, and above the transport that
// connects with [Fence.DialContext]. The context of what reaches next has a
// deadline: the end of the trust.
func (f *Fence) Transport(next http.RoundTripper) http.RoundTripper {
	if f.open {
		return next
	}
	return &transport{f, next}
}

type transport struct {
	fence *Fence
	next  http.RoundTripper
}

// WrappedRoundTripper returns what is behind the fence, for Kubernetes' libraries.
func (t *transport) WrappedRoundTripper() http.RoundTripper { return t.next }

// RoundTrip sends a request if this process leads. The error is [ErrNotLeader]
// if it does not, or no longer does when the answer should have come.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	request, left, err := t.fence.begin()
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // the contract of RoundTrip; nothing was read
		}
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), left, errLate)
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { request.sent.Store(true) },
	})
	response, err := t.next.RoundTrip(r.WithContext(traced))
	t.fence.end(request, err == nil)
	if err != nil {
		err = t.explain(ctx, err)
		cancel()
		return nil, err
	}
	response.Body = &body{response.Body, cancel}
	return response, nil
}

// explain says what the failure of a request means.
func (t *transport) explain(ctx context.Context, err error) error {
	late := errors.Is(context.Cause(ctx), errLate)
	if ctx.Err() != nil && !late {
		return err // the caller gave up
	}
	if _, gone := t.fence.Remaining(); gone != nil {
		return fmt.Errorf("%w (%s)", gone, err.Error())
	}
	if late {
		return errLate // and not a deadline of the caller
	}
	return err
}

// request is one that may have been sent and has no answer yet.
type request struct {
	deadline Instant
	sent     atomic.Bool // it has got a connection
}

// begin lets a request through, which may take as long as the trust now is.
func (f *Fence) begin() (*request, time.Duration, error) {
	f.mu.Lock() // so that Drain waits for it or refuses it
	defer f.mu.Unlock()
	left, err := f.Remaining()
	if err != nil {
		return nil, 0, err
	}
	r := &request{deadline: f.Now() + Instant(left)}
	f.requests[r] = struct{}{}
	return r, left, nil
}

// end forgets a request, unless it may yet be performed.
func (f *Fence) end(r *request, answered bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.requests, r)
	f.tellIdleLocked()
	if !answered && r.sent.Load() {
		f.doubt = max(f.doubt, r.deadline+Instant(f.margin))
	}
}

// body ends the context of its request with itself.
type body struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close closes the body.
func (b *body) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
