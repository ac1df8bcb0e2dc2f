// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"sync"
	"time"
)

// Budget is what a process may send to the API server: a token bucket that many
// share, each of them a [Requester]. A quarter of the burst is kept for those
// that had fewer requests than others.
type Budget struct {
	mu    sync.Mutex
	queue queue       // guarded by mu
	timer *time.Timer // fires when the next waiting request may be sent; guarded by mu
}

// NewBudget returns a budget of so many requests per second, of which burst, at
// least one, may be sent at once. A rate of 0 or less is none, as in a rest.Config.
func NewBudget(perSecond float64, burst int) *Budget {
	return &Budget{queue: newQueue(perSecond, float64(burst), time.Now())}
}

// Requester returns one more who shares the budget. waited is told how long
// each request was held back, if it was; nil: nobody is. It must not block.
func (b *Budget) Requester(waited func(time.Duration)) *Requester {
	return &Requester{budget: b, waited: waited, own: unlimited(time.Now())}
}

// dispatchLocked lets those go on who may now, and comes back when the next may.
func (b *Budget) dispatchLocked() {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	now := time.Now()
	for {
		r, after := b.queue.next(now)
		switch {
		case r == nil:
			return
		case after > 0:
			b.timer = time.AfterFunc(after, b.dispatch)
			return
		}
		close(b.queue.serve(r, now))
	}
}

func (b *Budget) dispatch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dispatchLocked()
}
