// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fence

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	trust  = 10 * time.Second
	margin = 5 * time.Second
)

// newFence returns a fence on the time of a synctest bubble, or the real one.
func newFence(margin time.Duration) *Fence {
	began := time.Now()
	return New(Options{Margin: margin, Clock: func() time.Duration { return time.Since(began) }})
}

// elapse lets time pass in a bubble.
func elapse(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestTrustEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFence(margin)
		expect := func(when string, want time.Duration) {
			t.Helper()
			left, err := f.Remaining()
			if left != want || errors.Is(err, ErrNotLeader) != (want == 0) || (f.CanWrite() == nil) != (want > 0) {
				t.Errorf("%s: got %v left and error %v, want %v", when, left, err, want)
			}
		}
		expect("before the first Extend", 0)
		f.Extend(f.Now() + Instant(trust))
		expect("trusted", trust)
		elapse(trust - time.Second)
		expect("a second before the end", time.Second)
		f.Extend(f.Now() + Instant(trust))
		elapse(2 * time.Second)
		expect("extended in time", trust-2*time.Second)
		elapse(trust - 2*time.Second)
		expect("at the end", 0)
		f.Extend(f.Now() + Instant(trust))
		expect("extended late", trust)
		f.Revoke()
		expect("revoked", 0)
	})
}

// server answers requests when it is told to.
type server struct {
	answer chan error // nil: 200
	silent bool       // the request gets no connection

	mu       sync.Mutex
	requests int
	deadline time.Time
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	s.mu.Lock()
	s.requests++
	s.deadline, _ = ctx.Deadline()
	s.mu.Unlock()
	if trace := httptrace.ContextClientTrace(ctx); !s.silent {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case err := <-s.answer:
		return &http.Response{Body: io.NopCloser(strings.NewReader("{}"))}, err
	}
}

// send makes a request through the fence and returns where its error will be.
func send(ctx context.Context, t *testing.T, f *Fence, s *server) <-chan error {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://server", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { // ends with the answer, or with the deadline
		response, err := f.Transport(s).RoundTrip(r)
		if err == nil {
			err = response.Body.Close()
		}
		result <- err
	}()
	synctest.Wait()
	return result
}

func TestTransport(t *testing.T) {
	reset := errors.New("connection reset")
	tests := []struct {
		reason    string
		trusted   bool
		silent    bool
		during    func(f *Fence, s *server, cancel func()) // the request is under way
		leads     bool                                     // the error is not ErrNotLeader
		want      string                                   // in the error; empty: none
		unsettled bool
	}{
		{reason: "without trust nothing is sent", want: "does not lead"},
		{reason: "an answer", trusted: true, leads: true,
			during: func(_ *Fence, s *server, _ func()) { s.answer <- nil }},
		{reason: "the trust ends before the answer comes", trusted: true, want: "does not lead", unsettled: true,
			during: func(*Fence, *server, func()) { elapse(trust) }},
		{reason: "the lease was renewed meanwhile, but the request may not take longer", trusted: true, leads: true,
			want: "no answer while the lease was sure", unsettled: true,
			during: func(f *Fence, _ *server, _ func()) {
				elapse(trust / 2)
				f.Extend(f.Now() + Instant(trust))
				elapse(trust / 2)
			}},
		{reason: "the connection breaks, and nobody knows what became of the request", trusted: true, leads: true,
			want: "connection reset", unsettled: true,
			during: func(_ *Fence, s *server, _ func()) { s.answer <- reset }},
		{reason: "there was no connection", trusted: true, silent: true, leads: true, want: "connection reset",
			during: func(_ *Fence, s *server, _ func()) { s.answer <- reset }},
		{reason: "the connection was cut with the end of the trust", trusted: true, want: "connection reset", unsettled: true,
			during: func(f *Fence, s *server, _ func()) { f.Revoke(); s.answer <- reset }},
		{reason: "the caller gives up", trusted: true, leads: true, want: "context canceled", unsettled: true,
			during: func(_ *Fence, _ *server, cancel func()) { cancel() }},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, s := newFence(margin), &server{answer: make(chan error), silent: test.silent}
				if test.trusted {
					f.Extend(f.Now() + Instant(trust))
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				end := time.Now().Add(trust)
				result := send(ctx, t, f, s)
				if test.during != nil {
					test.during(f, s, cancel)
				}
				err := <-result
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("RoundTrip: got error %v, want %q", err, test.want)
				}
				if errors.Is(err, ErrNotLeader) == test.leads || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("RoundTrip: got error %v, want ErrNotLeader: %t, and never the deadline of a caller", err, !test.leads)
				}
				if !test.trusted {
					end = time.Time{}
				}
				if (s.requests == 1) != test.trusted || !s.deadline.Equal(end) {
					t.Errorf("got %d requests with the deadline %v, want it at the end of the trust, %v", s.requests, s.deadline, end)
				}
				f.Revoke()
				if got := f.Settled(); got == test.unsettled {
					t.Errorf("Settled: got %t, want %t", got, !test.unsettled)
				}
				elapse(trust + margin)
				if !f.Settled() {
					t.Error("Settled after the margin: got false")
				}
			})
		})
	}
}

func TestNotSettledWhileARequestIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := newFence(margin), &server{answer: make(chan error)}
		f.Extend(f.Now() + Instant(trust))
		result := send(t.Context(), t, f, s)
		if f.Settled() {
			t.Error("Settled: got true while a request has no answer")
		}
		s.answer <- nil
		if err := <-result; err != nil || !f.Settled() {
			t.Errorf("after the answer: got error %v and Settled %t", err, f.Settled())
		}
	})
}

func TestDrain(t *testing.T) {
	for _, tt := range []struct {
		reason           string
		trust, answered  time.Duration
		takes            time.Duration
		settled, refused bool
	}{
		{"the answer comes", trust, time.Second, time.Second, true, true},
		{"it comes too late", trust, time.Hour, 3 * time.Second, false, true},
		{"the trust ends before", time.Second, time.Hour, time.Second, false, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			f, s := newFence(margin), &server{answer: make(chan error, 1)}
			f.Extend(f.Now() + Instant(tt.trust))
			result := send(t.Context(), t, f, s)
			time.AfterFunc(tt.answered, func() { s.answer <- nil })
			began := time.Now()
			f.Drain(3 * time.Second)
			if took := time.Since(began); took != tt.takes || f.Settled() != tt.settled || (f.CanWrite() != nil) != tt.refused {
				t.Errorf("%s: Drain took %v, then settled %t, and writes %v; want %v, %t, refused %t", tt.reason, took, f.Settled(), f.CanWrite(), tt.takes, tt.settled, tt.refused)
			}
			f.Revoke()
			<-result
			elapse(tt.answered)
		})
	}
	idle := newFence(margin)
	idle.Extend(idle.Now() + Instant(trust))
	idle.Drain(time.Hour) // returns, for there is nothing to wait for
	if idle.CanWrite() == nil {
		t.Error("a fence that was drained lets writes through")
	}
}

func TestOpen(t *testing.T) {
	f, next := Open(), &server{}
	if err := f.CanWrite(); err != nil || !f.Settled() || f.Transport(next) != http.RoundTripper(next) {
		t.Errorf("an open fence: got %v, want that it is not there", err)
	}
	f.Revoke()
	if err := f.CanWrite(); err != nil {
		t.Errorf("CanWrite after Revoke: got %v, want nil: there are no rivals", err)
	}
}
