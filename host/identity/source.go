// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package identity lets a plugin be somebody to the API server: requests carry
// tokens of a ServiceAccount, so that RBAC and the audit log see the plugin.
//
// A [Source] creates the account if there is none, requests tokens when they
// are used, renews them in the background before they expire, and does without
// a token that the API server no longer believes. It knows no plugins, and
// decides nothing about what an account may do.
package identity

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/wasm-controller-manager/wcm/host/fence"
)

const (
	// lifetime is what we ask for; the API server may give less.
	lifetime = time.Hour
	// requestTimeout bounds a request for a token, with the creation of the account.
	requestTimeout = 10 * time.Second
	// leastPause and mostPause are how long a failure is believed.
	leastPause, mostPause = time.Second, 30 * time.Second
)

// Options configure a [Source]. All are required but Requested.
type Options struct {
	// Namespace and Name are those of the ServiceAccount.
	Namespace, Name string
	// Tokens requests tokens, which changes nothing in the cluster.
	Tokens corev1client.ServiceAccountsGetter
	// Accounts creates the account, which does.
	Accounts corev1client.ServiceAccountsGetter
	// Requested is told how each request for a token ended. Calls do not overlap.
	Requested func(err error)
}

// Source has tokens of one ServiceAccount. Make it with [NewSource], and close
// it. It is safe for concurrent use.
type Source struct {
	Options
	ctx     context.Context // of requests; ends with Close
	stop    context.CancelCauseFunc
	running sync.WaitGroup

	mu      sync.Mutex
	token   token    // guarded by mu
	pending *request // nil: none is under way; guarded by mu
	failure failure  // guarded by mu
}

type token struct {
	value   string    // empty: there is none
	renew   time.Time // when a new one is due
	expires time.Time
}

// request is one request for a token, for all that wait for it.
type request struct {
	done  chan struct{} // closed when token and err are set
	token token
	err   error
}

// failure is what is remembered of requests that failed since the last success.
type failure struct {
	err   error // nil: none has
	count int
	until time.Time // no request before
}

// TokenError reports that there is no token. It is no answer of the API server
// to the request that needed one.
type TokenError struct {
	Namespace, Name string // of the ServiceAccount
	Cause           error
}

// Error names the account.
func (e *TokenError) Error() string {
	return fmt.Sprintf("no token of ServiceAccount %s/%s: %v", e.Namespace, e.Name, e.Cause)
}

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Cause }

// ErrClosed is the cause of failures after [Source.Close].
var ErrClosed = errors.New("the plugin's client has ended")

// NewSource returns a source, which does nothing before it is used.
func NewSource(o Options) *Source {
	s := &Source{Options: o}
	s.ctx, s.stop = context.WithCancelCause(context.Background())
	return s
}

// Close ends all requests and waits for them. There are no tokens after that.
func (s *Source) Close() {
	s.mu.Lock()
	s.stop(ErrClosed)
	s.mu.Unlock()
	s.running.Wait()
}

// Problem returns why the last request for a token failed, nil if it did not.
func (s *Source) Problem() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure.err
}

// Token returns a token that is good for some time. It waits for one if there
// is none, until ctx ends; the error is a [TokenError], or the cause of ctx.
func (s *Source) Token(ctx context.Context) (string, error) {
	value, waiting, err := s.get(time.Now())
	if waiting == nil {
		return value, err
	}
	select {
	case <-waiting.done:
		return waiting.token.value, waiting.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// get returns a token, or whom to wait for, and sees to it that one is
// requested if need be.
func (s *Source) get(now time.Time) (value string, waiting *request, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return "", nil, s.error(ErrClosed)
	}
	good := s.token.value != "" && now.Before(s.token.expires)
	due := !good || !now.Before(s.token.renew)
	if due && s.pending == nil && !now.Before(s.failure.until) {
		s.requestLocked()
	}
	switch {
	case good:
		return s.token.value, nil, nil
	case s.pending != nil:
		return "", s.pending, nil
	}
	return "", nil, s.failure.err
}

// reject does without a token that the API server did not believe. If it was a
// new one, the next will not fare better soon.
func (s *Source) reject(value string, isNew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token.value != value {
		return
	}
	s.token = token{}
	if isNew {
		s.failLocked(s.error(errors.New("the API server does not believe the tokens that it gives")))
	}
}

func (s *Source) requestLocked() {
	r := &request{done: make(chan struct{})}
	s.pending = r
	s.running.Go(func() { // ends within requestTimeout, or with Close, which waits
		r.token, r.err = s.request()
		if s.Requested != nil {
			s.Requested(r.err)
		}
		s.answered(r)
		close(r.done)
	})
}

func (s *Source) answered(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = nil
	switch {
	case r.err == nil:
		s.token, s.failure = r.token, failure{}
	case errors.Is(r.err, fence.ErrNotLeader):
		s.failure.err = r.err // this may change any moment
	default:
		s.failLocked(r.err)
	}
}

func (s *Source) failLocked(err error) {
	pause := min(leastPause<<min(s.failure.count, 10), mostPause)
	s.failure = failure{err: err, count: s.failure.count + 1, until: time.Now().Add(pause)}
}

func (s *Source) error(cause error) error {
	return &TokenError{Namespace: s.Namespace, Name: s.Name, Cause: cause}
}

// newToken notes until when a token can be used. Counting from when it was
// asked for, its life does not depend on two clocks.
func newToken(value string, asked time.Time, life time.Duration) token {
	part := 0.7 + 0.1*rand.Float64() // plugins that started together do not renew together
	return token{value: value, renew: asked.Add(time.Duration(part * float64(life))), expires: asked.Add(life)}
}
