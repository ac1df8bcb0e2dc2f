// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"log/slog"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// reconciler lets the instances of a pool reconcile the keys of one
// controller.
type reconciler struct {
	pool       *guest.Pool
	controller uint32 // index in the description
	name       string
}

// guestError is the message of a guest that said it failed.
type guestError string

func (e guestError) Error() string { return string(e) }

// Reconcile hands one key to an instance.
func (r *reconciler) Reconcile(ctx context.Context, attempt control.Attempt) control.Outcome {
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
	})
	answer := outcomeOf(outcome)
	if err != nil {
		answer = failed(err)
	}
	answer.Fuel = instance.Fuel()
	return answer
}

// failed is the outcome of an attempt that the guest did not end by itself.
func failed(err error) control.Outcome {
	var trap *guest.TrapError
	var timeout *guest.TimeoutError
	var result *guest.ResultError
	o := control.Outcome{Err: err}
	switch {
	case errors.As(err, &trap):
		o.Trap, o.Details = true, details(trap.Stderr, trap.Stack)
	case errors.As(err, &timeout):
		o.Trap, o.Details = true, details(timeout.Stderr, timeout.Stack)
	case errors.As(err, &result):
		o.Trap = true
	}
	return o
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
