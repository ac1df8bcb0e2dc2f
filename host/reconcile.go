// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"

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
	return control.Outcome{Err: err, Trap: errors.As(err, &trap) || errors.As(err, &result)}
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
