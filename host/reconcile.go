// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/health"
)

// reconciler lets the instances of a pool reconcile the keys of one
// controller.
type reconciler struct {
	pool       *guest.Pool
	controller uint32 // index in the description
	name       string
	supervisor *supervisor
}

// guestError is the message of a guest that said it failed.
type guestError string

func (e guestError) Error() string { return string(e) }

// Reconcile hands one key to an instance, and tells the supervisor how it went.
func (r *reconciler) Reconcile(ctx context.Context, attempt control.Attempt) control.Outcome {
	outcome := r.reconcile(ctx, attempt)
	if outcome.Trap && errors.Is(context.Cause(ctx), control.ErrStopping) {
		return outcome // it was cut off, by no fault of its own
	}
	r.supervisor.ended(health.Call{
		Controller: int(r.controller), Retry: attempt.Failures > 0, Trapped: outcome.Trap,
	}, outcome.Err)
	return outcome
}

func (r *reconciler) reconcile(ctx context.Context, attempt control.Attempt) control.Outcome {
	instance, err := r.pool.Get(ctx)
	if err != nil {
		return failed(err)
	}
	defer r.pool.Put(ctx, instance)
	ctx = access.WithReconcile(ctx, &access.Reconcile{
		Controller: r.name, Namespace: attempt.Key.Namespace, Name: attempt.Key.Name, ID: attempt.ID,
	})
	outcome, err := instance.Reconcile(ctx, abi.Request{
		Controller: r.controller,
		Namespace:  attempt.Key.Namespace,
		Name:       attempt.Key.Name,
		Attempt:    uint32(attempt.Failures),
		ID:         attempt.ID,
		Due:        wallClock(attempt.Due),
	})
	answer := outcomeOf(outcome)
	if err != nil {
		answer = failed(err)
	}
	answer.Fuel = instance.Fuel()
	return answer
}

// wallClock returns a time as the guest's clock shows it, which may have been
// set since; 0 for the zero time.
func wallClock(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(time.Now().Add(time.Until(t)).UnixNano())
}

// failed is the outcome of an attempt that the guest did not end by itself.
func failed(err error) control.Outcome {
	o := control.Outcome{Err: err, Trap: trapped(err)}
	if trap, ok := errors.AsType[*guest.TrapError](err); ok {
		o.Details = details(trap.Stderr, trap.Stack)
	} else if timeout, ok := errors.AsType[*guest.TimeoutError](err); ok {
		o.Details = details(timeout.Stderr, timeout.Stack)
	}
	return o
}

// trapped reports whether an instance died of a call, be it that it trapped,
// was cut off, or answered what is no answer.
func trapped(err error) bool {
	var trap *guest.TrapError
	var timeout *guest.TimeoutError
	var result *guest.ResultError
	return errors.As(err, &trap) || errors.As(err, &timeout) || errors.As(err, &result)
}

// details are what helps to find a trap: what the guest wrote before it, and
// where it was.
func details(stderr, stack string) (attributes []slog.Attr) {
	if stderr != "" {
		attributes = append(attributes, slog.String("stderr", stderr))
	}
	if stack != "" {
		attributes = append(attributes, slog.String("stack", stack))
	}
	return attributes
}

// outcomeOf translates what a guest answered.
func outcomeOf(o abi.Outcome) control.Outcome {
	if o.Verdict == abi.VerdictDone {
		return control.Outcome{RequeueAfter: o.RequeueAfter}
	}
	message := o.Message
	if message == "" {
		message = "the guest gave no reason"
	}
	return control.Outcome{
		Err: guestError(message), Terminal: o.Verdict == abi.VerdictTerminal, Status: o.Status,
	}
}
