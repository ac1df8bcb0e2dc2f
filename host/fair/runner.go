// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wasm-controller-manager/wcm/host/limit"
)

// Runner is one who goes through a [Gate] with any number of goroutines, a
// plugin with its guests for example. Each of them calls Enter before it runs,
// Leave after, and before it waits for something; and Pass now and then.
type Runner struct {
	gate    *Gate
	waited  func(time.Duration)
	running atomic.Int64 // places that it has
	spared  atomic.Bool  // one of them is the spare one

	// Guarded by the mutex of the gate, as the line is:
	round   uint64        // of the line, of which ran and counted are
	ran     time.Duration // until counted
	counted time.Time
	credit  limit.Bucket    // seconds that it may have the spare place
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
	ready := g.joinLocked(r, false, start)
	g.dispatchLocked(start)
	g.mu.Unlock()
	select {
	case <-ready:
		return nil
	default:
	}
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
	if g.waiting.Load() == 0 && !r.spared.Load() {
		r.running.Add(-1)
		g.free.Add(1)
		if g.waiting.Load() == 0 {
			return
		}
		// Somebody has come meanwhile, and perhaps found no place.
		g.mu.Lock()
		defer g.mu.Unlock()
		g.dispatchLocked(time.Now())
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.giveBackLocked(r, now)
	g.dispatchLocked(now)
}

// Pass lets another go first if it is the other's turn, and returns when the
// caller has a place again. Without anybody waiting it costs next to nothing.
func (r *Runner) Pass() {
	g := r.gate
	if g.waiting.Load() == 0 && !r.spared.Load() {
		return
	}
	start := time.Now()
	ready := r.giveWay(start)
	if ready == nil {
		return
	}
	select {
	case <-ready: // nobody was there who could have gone
		return
	default:
	}
	<-ready
	r.tell(start)
}

// giveWay gives the caller's place to whose turn it is, which can be another
// one of r, and returns nil if that is the caller. The spare place is given
// back in any case.
func (r *Runner) giveWay(now time.Time) chan struct{} {
	g := r.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.line.count(r, now)
	next := g.line.next(now)
	if g.spare != r && (next == nil || next != r && next.ran >= r.ran) {
		return nil
	}
	g.giveBackLocked(r, now)
	ready := g.joinLocked(r, true, now)
	g.dispatchLocked(now)
	return ready
}

func (r *Runner) tell(start time.Time) {
	if r.waited != nil {
		r.waited(time.Since(start))
	}
}
