// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/host/limit"
)

// Requester is one who shares a [Budget], a plugin for example, and may have a
// limit of its own. It is a rate limiter for a rest.Config: each of its
// requests waits for its turn.
type Requester struct {
	budget *Budget
	waited func(time.Duration)

	// Guarded by the mutex of the budget, as the queue is:
	own     limit.Bucket
	served  float64         // requests so far, or what counts as such
	waiters []chan struct{} // first in, first out
}

// Limit sets a limit of its own: so many requests per second, of which burst
// may be sent at once. A rate of 0 is none.
func (r *Requester) Limit(perSecond float64, burst int) {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	now := time.Now()
	if perSecond > 0 {
		r.own.Set(perSecond, float64(max(burst, 1)), now)
	} else {
		r.own = unlimited(now)
	}
	r.budget.dispatchLocked()
}

// ThrottledError reports a request that was not sent because its turn comes
// only after the context's deadline.
type ThrottledError struct {
	// RetryAfter is how long it would have had to wait at least.
	RetryAfter time.Duration
}

// Error says how long the request would have waited.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many requests: this one would wait %v for its turn, longer than the reconcile may take", e.RetryAfter)
}

// Wait waits until a request may be sent. The error is the context's, or at
// once a [ThrottledError] if its deadline is too early.
func (r *Requester) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	start := time.Now()
	ready, err := r.join(ctx, start)
	if err != nil {
		return err
	}
	select {
	case <-ready:
		return nil // without looking at the clock again
	default:
	}
	select {
	case <-ready:
	case <-ctx.Done():
		err = r.giveUp(ctx, ready)
	}
	if r.waited != nil {
		r.waited(time.Since(start))
	}
	return err
}

func (r *Requester) join(ctx context.Context, now time.Time) (chan struct{}, error) {
	b := r.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if deadline, ok := ctx.Deadline(); ok {
		if wait := b.queue.least(r, now); wait > deadline.Sub(now) {
			return nil, &ThrottledError{RetryAfter: wait}
		}
	}
	ready := make(chan struct{})
	b.queue.join(r, ready)
	b.dispatchLocked()
	return ready, nil
}

// giveUp leaves the queue. If the request was let go just then it goes on.
func (r *Requester) giveUp(ctx context.Context, ready chan struct{}) error {
	b := r.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	index := slices.Index(r.waiters, ready)
	if index < 0 {
		return nil
	}
	b.queue.leave(r, index)
	b.dispatchLocked()
	return ctx.Err()
}

// TryAccept reports whether a request may be sent now, without waiting.
func (r *Requester) TryAccept() bool {
	b := r.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	ready := make(chan struct{})
	b.queue.join(r, ready)
	b.dispatchLocked()
	index := slices.Index(r.waiters, ready)
	if index < 0 {
		return true
	}
	b.queue.leave(r, index)
	b.dispatchLocked()
	return false
}

// Accept waits until a request may be sent.
func (r *Requester) Accept() { _ = r.Wait(context.Background()) } // which never ends

// QPS returns the rate of the requester's own limit, and that of the budget if
// it has none.
func (r *Requester) QPS() float32 {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	return float32(min(r.own.Rate(), r.budget.queue.bucket.Rate()))
}

// Stop does nothing: a requester has nothing to stop.
func (r *Requester) Stop() {}
