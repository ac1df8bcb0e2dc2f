// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// Runner is one who goes through a [Gate] with any number of goroutines, a
// plugin with its guests for example. Each of them calls Enter before it runs,
// Leave after, and before it waits for something; and Pass now and then.
type Runner struct {
	gate    *Gate
	waited  func(time.Duration)
	running atomic.Int64 // places that it has

	// Guarded by the mutex of the gate, as the line is:
	ran     time.Duration
	waiters []chan struct{} // first in, first out
}

// Enter waits for a place, which the caller gives back with Leave. The error
// is the context's; then there is no place to give back.
func (r *Runner) Enter(ctx context.Context) error {
	g := r.gate
	if g.waiting.Load() == 0 && g.takeFree() {
		r.running.Add(1)
		return nil
	}
	start := time.Now()
	g.mu.Lock()
	ready := g.joinLocked(r, false)
	g.dispatchLocked()
	g.mu.Unlock()
	var err error
	select {
	case <-ready:
	case <-ctx.Done():
		err = r.giveUp(ctx, ready)
	}
	r.tell(start)
	return err
}

// giveUp leaves the line. Who got his place just then keeps it.
func (r *Runner) giveUp(ctx context.Context, ready chan struct{}) error {
	g := r.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	index := slices.Index(r.waiters, ready)
	if index < 0 {
		return nil
	}
	g.line.leave(r, index)
	g.waiting.Add(-1)
	return ctx.Err()
}

// Leave gives a place back.
func (r *Runner) Leave() {
	g := r.gate
	if g.waiting.Load() == 0 {
		r.running.Add(-1)
		g.free.Add(1)
		if g.waiting.Load() == 0 {
			return
		}
		// Somebody has come meanwhile, and perhaps found no place.
		g.mu.Lock()
		defer g.mu.Unlock()
		g.dispatchLocked()
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.line.count(g.runners, time.Now())
	r.running.Add(-1)
	g.free.Add(1)
	g.dispatchLocked()
}

// Pass lets another go first if it is the other's turn, and returns when the
// caller has a place again. Without anybody waiting it costs next to nothing.
func (r *Runner) Pass() {
	g := r.gate
	if g.waiting.Load() == 0 {
		return
	}
	start := time.Now()
	ready := r.giveWay(start)
	if ready == nil {
		return
	}
	<-ready
	r.tell(start)
}

// giveWay gives the caller's place to whose turn it is, and returns nil if
// that is the caller.
func (r *Runner) giveWay(now time.Time) chan struct{} {
	g := r.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.line.count(g.runners, now)
	next := g.line.next()
	if next == nil || next.ran >= r.ran {
		return nil
	}
	ready := g.joinLocked(r, true)
	r.running.Add(-1)
	g.admitLocked(next)
	return ready
}

func (r *Runner) tell(start time.Time) {
	if r.waited != nil {
		r.waited(time.Since(start))
	}
}

// Close removes the runner from its gate, when none of its goroutines is or
// waits inside.
func (r *Runner) Close() {
	g := r.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.runners, r); at >= 0 {
		g.runners = slices.Delete(g.runners, at, at+1)
	}
}
