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
	Duration time.Duration
	TimedOut bool // it was still running at Options.Timeout
}

// Observer is told what a [Controller] does. Its methods are called by several
// workers at once, must return quickly and must not call the Controller.
type Observer interface {
	RunStarted(workers int)
	AttemptStarted()
	AttemptEnded(Report)
	RunEnded()
}

// nobody observes nothing.
type nobody struct{}

func (nobody) RunStarted(int)      {}
func (nobody) AttemptStarted()     {}
func (nobody) AttemptEnded(Report) {}
func (nobody) RunEnded()           {}

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
