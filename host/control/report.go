// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"log/slog"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Report is all there is to tell about one attempt.
type Report struct {
	Attempt  Attempt
	Outcome  Outcome
	Decision Decision
	Duration time.Duration // of the call of the reconciler
	Worked   time.Duration // for which a worker has had the key
	TimedOut bool          // it was still running at Options.Timeout
}

// Observer is told what a [Controller] does. Its methods are called by several
// workers at once, must return quickly and must not call the Controller; queue,
// which is its [Controller.Queue], may be called when they have returned.
type Observer interface {
	RunStarted(workers int, queue func() Queue)
	AttemptStarted(waited time.Duration) // in the queue
	AttemptEnded(Report)
	RunEnded()
}

// nobody observes nothing.
type nobody struct{}

func (nobody) RunStarted(int, func() Queue) {}
func (nobody) AttemptStarted(time.Duration) {}
func (nobody) AttemptEnded(Report)          {}
func (nobody) RunEnded()                    {}

// Queue is what there is to tell about the queue of a [Controller], at a moment.
// The counts never go down.
type Queue struct {
	Depth      int           // keys that wait for a worker; 0 while Run does not run
	Added      uint64        // times that a key began to wait, while Run ran or when it began to
	Delayed    uint64        // times that a key was to wait for a time
	Unfinished time.Duration // sum of the times for which workers have had their keys
	Longest    time.Duration // the longest of these times
}

// Queue returns what there is to tell about the queue.
func (c *Controller) Queue() Queue {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := Queue{Added: c.added, Delayed: c.delayed}
	if c.shift != nil {
		q.Depth = c.queue.len()
	}
	q.Unfinished, q.Longest = c.queue.ages(time.Now())
	return q
}

// The keys of the attributes in the lines that a Controller logs;
// controller-runtime's, where it has one.
const (
	logController = "controller"
	logNamespace  = "namespace"
	logName       = "name"
	logAttempt    = "reconcileID"
	logFailures   = "failures"
	logDuration   = "duration"
	logFuel       = "fuel"
	logResult     = "result"
	logStatus     = "status"
	logTerminal   = "terminal"
	logTrap       = "trap"
	logAfter      = "after"
	logError      = "error"
)

// report tells the observer and writes the one line of an attempt.
func (c *Controller) report(ctx context.Context, r Report) {
	c.observer.AttemptEnded(r)
	if !c.log.Enabled(ctx, r.Decision.Level) {
		return
	}
	if r.Outcome.Failed() {
		c.log.LogAttrs(ctx, r.Decision.Level, "Reconcile failed", r.attributes()...)
		return
	}
	c.log.LogAttrs(ctx, r.Decision.Level, "Reconciled", r.attributes()...)
}

func (r *Report) attributes() []slog.Attr {
	a := []slog.Attr{
		slog.String(logNamespace, r.Attempt.Key.Namespace),
		slog.String(logName, r.Attempt.Key.Name),
		slog.String(logAttempt, r.Attempt.ID),
		slog.Int(logFailures, r.Attempt.Failures),
		slog.Duration(logDuration, r.Duration),
		slog.String(logResult, r.Decision.Result.String()),
	}
	if r.Outcome.Fuel > 0 {
		a = append(a, slog.Uint64(logFuel, r.Outcome.Fuel))
	}
	if r.Decision.Action == Requeue || r.Decision.Action == Retry {
		a = append(a, slog.Duration(logAfter, r.Decision.After))
	}
	if !r.Outcome.Failed() {
		return a
	}
	if r.Outcome.Status != abi.StatusOK {
		a = append(a, slog.String(logStatus, r.Outcome.Status.String()))
	}
	a = append(a,
		slog.Bool(logTerminal, r.Outcome.Terminal),
		slog.Bool(logTrap, r.Outcome.Trap),
		slog.Any(logError, r.Outcome.Err))
	return append(a, r.Outcome.Details...)
}
