// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"
)

// workOn attempts one key after the other until w is stopped and empty.
func (c *Controller) workOn(ctx context.Context, w *work) {
	for {
		key, stopped := w.Get()
		if stopped {
			return
		}
		g, n, ok := c.begin(w, key)
		if !ok {
			continue
		}
		c.attempt(ctx, w, g, Attempt{Key: key, Failures: n.failures, ID: c.nextID(), Due: n.due})
	}
}

func (c *Controller) attempt(ctx context.Context, w *work, g *generation, a Attempt) {
	c.observer.AttemptStarted()
	started := time.Now()
	outcome, timedOut := c.reconcile(ctx, g.reconciler, a)
	duration := time.Since(started)

	decision := c.decide(w, g, a, outcome)
	if decision.Action == Requeue || decision.Action == Retry {
		// Not under the mutex: it may wait for a goroutine that adds a key. A
		// key without delay waits in the queue until finish.
		w.delayed.AddAfter(a.Key, decision.After)
	}
	c.report(ctx, Report{a, outcome, decision, duration, timedOut})
	c.finish(w, g, a.Key)
}

// begin takes a key to the current reconciler. It reports false, and the key
// waits again, if w has been stopped or takes no keys for now; in the latter
// case it returns when it may be worth another try.
func (c *Controller) begin(w *work, key Key) (g *generation, n note, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.takeAdmissionLocked(w) {
		c.addLocked(key, false)
		w.doneLocked(key)
		c.awaitAdmissionLocked(w)
		return nil, note{}, false
	}
	n = c.notes[key]
	if n.waiting {
		n.waiting = false
		c.setNoteLocked(key, n)
	}
	c.running++
	c.generation.running++
	return c.generation, n, true
}

// decide decides what becomes of a key and takes note of it.
func (c *Controller) decide(w *work, g *generation, a Attempt, outcome Outcome) Decision {
	c.mu.Lock()
	defer c.mu.Unlock()
	stopping := c.work != w || c.stopping
	d := Decide(outcome, Situation{Failures: a.Failures, Stopping: stopping})
	switch {
	case d.Action == Forget:
		c.setNoteLocked(a.Key, note{})
	case stopping:
		c.addLocked(a.Key, false) // timers are gone; kept for the next Run
		d.Action = Keep
	case d.Action == Requeue:
		c.setNoteLocked(a.Key, note{waiting: true, due: time.Now().Add(d.After)})
	case g != c.generation:
		d.After = 0 // it was the old reconciler that failed; let the new one try
		c.setNoteLocked(a.Key, note{waiting: true, due: a.Due})
	default:
		c.setNoteLocked(a.Key, note{failures: a.Failures + 1, waiting: true, due: a.Due})
	}
	return d
}

// finish lets go of a key, which waits again if it was added in the meantime.
func (c *Controller) finish(w *work, g *generation, key Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.doneLocked(key)
	c.running--
	g.leaveLocked()
}

func (c *Controller) setNoteLocked(key Key, n note) {
	if n == (note{}) {
		delete(c.notes, key)
		return
	}
	c.notes[key] = n
}

// reconcile calls the reconciler and recovers from its panics. This is the
// only place in the host that does: a worker must survive its reconciler.
func (c *Controller) reconcile(ctx context.Context, r Reconciler, a Attempt) (outcome Outcome, timedOut bool) {
	defer func() {
		if p := recover(); p != nil {
			outcome = Outcome{Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack()), Trap: true}
		}
	}()
	timeout := time.Duration(c.timeout.Load())
	if timeout <= 0 {
		return r.Reconcile(ctx, a), false
	}
	deadline := time.Now().Add(timeout)
	ctx, cancel := context.WithDeadlineCause(ctx, deadline, ErrTimeout)
	defer cancel()
	outcome = r.Reconcile(ctx, a)
	return outcome, !time.Now().Before(deadline) // the context may learn of it late
}

// newIDPrefix returns what tells the attempts of this controller from all others.
func newIDPrefix() string {
	return rand.Text()[:8] + "-"
}

func (c *Controller) nextID() string {
	var buffer [32]byte
	id := append(buffer[:0], c.idPrefix...)
	return string(strconv.AppendUint(id, c.attempts.Add(1), 10))
}
