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

// job is a key that a worker has taken to a reconciler.
type job struct {
	generation *generation
	attempt    Attempt
	taken      time.Time
	waited     time.Duration // in the queue
}

// workOn attempts one key after the other until there is none to take.
func (c *Controller) workOn(s *shift) {
	for {
		j, ok := c.begin(s)
		if !ok {
			return
		}
		c.attempt(s.attempts, j)
		c.finish(j)
	}
}

func (c *Controller) attempt(ctx context.Context, j job) {
	c.observer.AttemptStarted(j.waited)
	started := time.Now()
	outcome, timedOut := c.reconcile(ctx, j.generation.reconciler, j.attempt)
	duration := time.Since(started)
	decision := c.decide(j, outcome)
	c.report(ctx, Report{
		Attempt: j.attempt, Outcome: outcome, Decision: decision,
		Duration: duration, Worked: time.Since(j.taken), TimedOut: timedOut,
	})
}

// begin takes a key to the current reconciler. If there is none to take, the
// worker is no longer one of s.
func (c *Controller) begin(s *shift) (job, bool) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shift != s || c.stopping || c.admits == 0 || c.queue.len() == 0 {
		s.workers--
		return job{}, false
	}
	if c.admits > 0 {
		c.admits--
	}
	key, waited, _ := c.queue.take(now)
	n, _ := c.notes.get(key)
	if n.waiting {
		n.waiting = false
		c.setNoteLocked(key, n)
	}
	c.running++
	c.generation.running++
	return job{
		generation: c.generation,
		attempt:    Attempt{Key: key, Failures: n.failures, ID: c.nextID(), Due: n.due},
		taken:      now,
		waited:     waited,
	}, true
}

// decide decides what becomes of a key and takes note of it. The key itself
// stays in work until finish.
func (c *Controller) decide(j job, outcome Outcome) Decision {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, stopping := j.attempt, c.shift == nil || c.stopping
	d := Decide(outcome, Situation{Failures: a.Failures, Stopping: stopping})
	switch {
	case d.Action == Forget:
		c.setNoteLocked(a.Key, note{})
		return d
	case stopping:
		c.addLocked(a.Key, false) // for the next Run, which knows of no times
		d.Action = Keep
		return d
	case d.Action == Requeue:
		c.setNoteLocked(a.Key, note{waiting: true, due: time.Now().Add(d.After)})
	case j.generation != c.generation:
		d.After = 0 // it was the old reconciler that failed; let the new one try
		c.setNoteLocked(a.Key, note{waiting: true, due: a.Due})
	default:
		c.setNoteLocked(a.Key, note{failures: a.Failures + 1, waiting: true, due: a.Due})
	}
	c.delayLocked(a.Key, d.After)
	return d
}

// finish lets go of a key, which waits again if it was added in the meantime.
func (c *Controller) finish(j job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue.done(j.attempt.Key)
	c.running--
	j.generation.leaveLocked()
}

func (c *Controller) setNoteLocked(key Key, n note) {
	if n == (note{}) {
		c.notes.delete(key)
		return
	}
	c.notes.set(key, n)
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
