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
	if err != nil {
		return failed(err)
	}
	return outcomeOf(outcome)
}

// failed is the outcome of an attempt that the guest did not end by itself.
func failed(err error) control.Outcome {
	var trap *guest.TrapError
	var result *guest.ResultError
	o := control.Outcome{Err: err}
	switch {
	case errors.As(err, &trap):
		o.Trap, o.Details = true, details(trap)
	case errors.As(err, &result):
		o.Trap = true
	}
	return o
}

// details are what helps to find a trap: what the guest wrote before it, and
// where it was.
func details(trap *guest.TrapError) (attributes []slog.Attr) {
	if trap.Stderr != "" {
		attributes = append(attributes, slog.String("stderr", trap.Stderr))
	}
	if trap.Stack != "" {
		attributes = append(attributes, slog.String("stack", trap.Stack))
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
