// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"sync"
	"sync/atomic"
	"time"
)

// Gate lets so many guests run at once as there are processors for them, and
// when more want to, divides the time evenly between plugins, each of them a
// [Runner]. How many goroutines a plugin has in front of the gate does not
// matter.
//
// Going through an empty gate costs a few atomic operations and no lock.
type Gate struct {
	free    atomic.Int64 // places that nobody has
	waiting atomic.Int64 // how many wait in the line

	mu      sync.Mutex
	line    line      // guarded by mu
	runners []*Runner // guarded by mu
}

// NewGate returns a gate through which so many go at once.
func NewGate(places int) *Gate {
	g := &Gate{}
	g.free.Store(int64(places))
	return g
}

// Runner returns one more who goes through the gate. waited is told how long
// each stood in the line, if it did; nil: nobody is. It must not block. The
// caller closes the runner.
func (g *Gate) Runner(waited func(time.Duration)) *Runner {
	r := &Runner{gate: g, waited: waited}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runners = append(g.runners, r)
	return r
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

// dispatchLocked gives free places to those whose turn it is.
func (g *Gate) dispatchLocked() {
	g.line.count(g.runners, time.Now())
	for {
		r := g.line.next()
		if r == nil || !g.takeFree() {
			return
		}
		g.admitLocked(r)
	}
}

func (g *Gate) admitLocked(r *Runner) {
	g.waiting.Add(-1)
	close(g.line.admit(r))
}

// joinLocked adds one of r to the line; running says that it had a place until
// just now.
func (g *Gate) joinLocked(r *Runner, running bool) chan struct{} {
	if g.waiting.Add(1) == 1 {
		g.line.begin(g.runners, time.Now())
	}
	ready := make(chan struct{})
	g.line.join(r, ready, running)
	return ready
}
