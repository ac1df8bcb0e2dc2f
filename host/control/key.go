// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"log/slog"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Key names the object to reconcile.
type Key struct {
	Namespace string // empty for cluster-scoped objects
	Name      string
}

// String returns "namespace/name", or the name alone if there is no namespace.
func (k Key) String() string {
	if k.Namespace == "" {
		return k.Name
	}
	return k.Namespace + "/" + k.Name
}

// Attempt is one try to reconcile a key.
type Attempt struct {
	Key      Key
	Failures int    // how often this key has failed in a row, 0 the first time
	ID       string // names this attempt in logs and events, unique in the process's life
	// Due is when the last outcome that was a success wanted the key again, by
	// RequeueAfter; zero: it did not. It may be in the past or in the future.
	Due time.Time
}

// Outcome is how an attempt ended. The zero Outcome is success.
type Outcome struct {
	// Err is why the attempt failed. A failed attempt is tried again.
	Err error
	// Terminal says that trying again cannot help: only a change of an object
	// wakes the key again.
	Terminal bool
	// RequeueAfter asks for another reconcile after this time; it counts after
	// success only, as in controller-runtime. A change in the meantime wakes
	// the key at once and leaves the timer in place.
	RequeueAfter time.Duration
	// Trap says that the instance died of this key, whose next attempts are
	// therefore spaced out further than those after an error.
	Trap bool
	// Status is the status of the operation that made the attempt fail, if one did.
	Status abi.Status
	// Fuel is the metered work that the attempt took; 0 if it is not metered.
	Fuel uint64
	// Details say more about a failure, in its log line only.
	Details []slog.Attr
}

// Failed reports whether the attempt did not succeed.
func (o Outcome) Failed() bool { return o.Err != nil || o.Terminal || o.Trap }

// A Reconciler brings the world a step closer to what an object asks for.
type Reconciler interface {
	// Reconcile must observe ctx: its cause is [ErrTimeout] when the attempt
	// took longer than Options.Timeout and [ErrStopping] when the controller
	// stops and has waited long enough. It is called by several workers at
	// once, never twice at a time for one key. A panic counts as a trap.
	Reconcile(ctx context.Context, attempt Attempt) Outcome
}

// ReconcilerFunc is a function that is a [Reconciler].
type ReconcilerFunc func(ctx context.Context, attempt Attempt) Outcome

// Reconcile calls f.
func (f ReconcilerFunc) Reconcile(ctx context.Context, attempt Attempt) Outcome {
	return f(ctx, attempt)
}
