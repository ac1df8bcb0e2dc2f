// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// Throttle holds requests to a rate: each waits for its turn, in the order in
// which they came. It is a rate limiter for a rest.Config, and safe for
// concurrent use.
type Throttle struct {
	waited func(time.Duration)

	mu      sync.Mutex
	bucket  Bucket          // guarded by mu
	waiters []chan struct{} // first in, first out; guarded by mu
	timer   *time.Timer     // fires when the first of them may go on; guarded by mu
}

// NewThrottle returns a throttle for so many requests per second, of which
// burst, at least one, may be sent at once. A rate of 0 or less is none, as in a
// rest.Config. waited is told how long each request was held back, if it was;
// nil: nobody is. It must not block.
func NewThrottle(perSecond float64, burst int, waited func(time.Duration)) *Throttle {
	t := &Throttle{waited: waited, bucket: unlimited(time.Now())}
	t.Set(perSecond, burst)
	return t
}

func unlimited(now time.Time) Bucket { return NewBucket(math.Inf(1), math.Inf(1), now) }

// Set changes the rate, also of requests that wait.
func (t *Throttle) Set(perSecond float64, burst int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if perSecond > 0 {
		t.bucket.Set(perSecond, float64(max(burst, 1)), now)
	} else {
		t.bucket = unlimited(now)
	}
	t.dispatchLocked()
}

// ThrottledError reports a request that was not sent because its turn comes
// only after the context's deadline.
type ThrottledError struct {
	// RetryAfter is how long it would have had to wait.
	RetryAfter time.Duration
}

// Error says how long the request would have waited.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many requests: this one would wait %v for its turn, longer than the reconcile may take", e.RetryAfter)
}

// Wait waits until a request may be sent. The error is the context's, or at
// once a [ThrottledError] if its deadline is too early.
func (t *Throttle) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	start := time.Now()
	ready, err := t.join(ctx, start)
	if ready == nil {
		return err
	}
	select {
	case <-ready:
	case <-ctx.Done():
		err = t.giveUp(ctx, ready)
	}
	if t.waited != nil {
		t.waited(time.Since(start))
	}
	return err
}

// join returns what is closed when the request may be sent; nil: it may be sent
// at once, or never if there is an error.
func (t *Throttle) join(ctx context.Context, now time.Time) (chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiters) == 0 && t.bucket.Take(1, now) {
		return nil, nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		if wait := t.bucket.Wait(float64(len(t.waiters)+1), now); wait > deadline.Sub(now) {
			return nil, &ThrottledError{RetryAfter: wait}
		}
	}
	ready := make(chan struct{})
	t.waiters = append(t.waiters, ready)
	t.dispatchLocked()
	return ready, nil
}

// giveUp takes a request back. If it was let go just then it goes on.
func (t *Throttle) giveUp(ctx context.Context, ready chan struct{}) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	index := slices.Index(t.waiters, ready)
	if index < 0 {
		return nil
	}
	t.waiters = slices.Delete(t.waiters, index, index+1)
	t.dispatchLocked()
	return ctx.Err()
}

// dispatch lets those go on who may now, and comes back when the next may.
func (t *Throttle) dispatch() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dispatchLocked()
}

func (t *Throttle) dispatchLocked() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	now := time.Now()
	for len(t.waiters) > 0 && t.bucket.Take(1, now) {
		close(t.waiters[0])
		t.waiters = slices.Delete(t.waiters, 0, 1)
	}
	if len(t.waiters) > 0 {
		t.timer = time.AfterFunc(t.bucket.Wait(1, now), t.dispatch)
	}
}

// TryAccept reports whether a request may be sent now, without waiting.
func (t *Throttle) TryAccept() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiters) == 0 && t.bucket.Take(1, time.Now())
}

// Accept waits until a request may be sent.
func (t *Throttle) Accept() { _ = t.Wait(context.Background()) } // which never ends

// QPS returns the rate in requests per second.
func (t *Throttle) QPS() float32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return float32(t.bucket.Rate())
}

// Stop does nothing: a throttle has nothing to stop.
func (t *Throttle) Stop() {}
