// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/wasm-controller-manager/wcm/host/limit"
)

// Gate lets so many guests run at once as there are processors for them, and
// when more want to, divides the time evenly between plugins, each of them a
// [Runner]. How many goroutines a plugin has in front of the gate does not
// matter.
//
// One spare place is for short turns of plugins that have none: it is what
// those that run little need not wait for, and what keeps a processor free for
// everything else most of the time.
//
// Going through an empty gate costs a few atomic operations and no lock.
type Gate struct {
	free    atomic.Int64 // places that nobody has
	waiting atomic.Int64 // how many wait in the line

	mu         sync.Mutex
	line       line      // guarded by mu
	spare      *Runner   // who has the spare place, nil: nobody; guarded by mu
	spareSince time.Time // guarded by mu
}

// What a runner may use of the spare place: a part of the time, and so much at
// once.
const (
	sparePart  = 1. / 8
	spareBurst = 4 * time.Millisecond
)

// NewGate returns a gate through which so many go at once, and the spare one.
func NewGate(places int) *Gate {
	g := &Gate{}
	g.free.Store(int64(places))
	return g
}

// Runner returns one more who goes through the gate. waited is told how long
// each stood in the line, if it did; nil: nobody is. It must not block.
func (g *Gate) Runner(waited func(time.Duration)) *Runner {
	return &Runner{gate: g, waited: waited, credit: limit.NewBucket(sparePart, spareBurst.Seconds(), time.Now())}
}

// takeFree takes a free place if there is one.
func (g *Gate) takeFree() bool {
	for {
		free := g.free.Load()
		if free <= 0 {
			return false
		}
		if g.free.CompareAndSwap(free, free-1) {
			return true
		}
	}
}

// giveBackLocked takes a place from r: the spare one, if he has it.
func (g *Gate) giveBackLocked(r *Runner, now time.Time) {
	g.line.count(r, now)
	r.running.Add(-1)
	if g.spare != r {
		g.free.Add(1)
		return
	}
	r.credit.Spend(now.Sub(g.spareSince).Seconds(), now)
	g.spare = nil
	r.spared.Store(false)
}

// dispatchLocked gives places to those whose turn it is.
func (g *Gate) dispatchLocked(now time.Time) {
	for g.waiting.Load() > 0 {
		if g.takeFree() {
			g.admitLocked(g.line.next(now), now)
			continue
		}
		if g.spare != nil {
			return
		}
		r := g.line.short(now)
		if r == nil {
			return
		}
		g.spare, g.spareSince = r, now
		r.spared.Store(true)
		g.admitLocked(r, now)
	}
}

func (g *Gate) admitLocked(r *Runner, now time.Time) {
	g.waiting.Add(-1)
	close(g.line.admit(r, now))
}

// joinLocked adds one of r to the line; running says that it had a place until
// just now.
func (g *Gate) joinLocked(r *Runner, running bool, now time.Time) chan struct{} {
	if g.waiting.Add(1) == 1 {
		g.line.begin(now)
	}
	ready := make(chan struct{})
	g.line.join(r, ready, running, now)
	return ready
}
