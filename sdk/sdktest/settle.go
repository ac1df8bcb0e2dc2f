// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// The bounds of Settle: a key that fails so often in a row is given up until
// something changes, and a plugin that reconciles so often never settles.
const (
	maxAttempts   = 5
	maxReconciles = 10_000
)

// item is one key of one controller.
type item struct {
	controller uint32
	key        sdk.Key
}

// queue is what Settle remembers from call to call.
type queue struct {
	seen     map[watched]Object // what each watch has seen, by object
	due      map[item]time.Time // requests for a later time
	spared   map[item]bool      // keys of changes that watches have left out
	asked    map[item]time.Time // sdk.Request.Due
	attempts map[item]uint32
}

// watched is one object in the eyes of one watch.
type watched struct {
	controller, watch uint32
	key               sdk.Key
}

// OutcomeError is an outcome that is not done.
type OutcomeError struct{ abi.Outcome }

// Error returns the verdict and the message.
func (e *OutcomeError) Error() string { return e.Verdict.String() + ": " + e.Message }

// Reconcile reconciles one key of the controller with the name. An error of
// the plugin is an [*OutcomeError].
func (e *Env) Reconcile(controller string, key sdk.Key) (sdk.Result, error) {
	e.t.Helper()
	for i, c := range e.description.Controllers {
		if c.Name == controller {
			return e.reconcile(item{controller: uint32(i), key: key})
		}
	}
	e.t.Fatalf("the plugin has no controller %q", controller)
	return sdk.Result{}, nil
}

func (e *Env) reconcile(i item) (sdk.Result, error) {
	var due uint64
	if asked := e.queue.asked[i]; !asked.IsZero() {
		due = uint64(asked.UnixNano())
	}
	outcome, err := e.guest.Reconcile(e.t.Context(), abi.Request{
		Controller: i.controller, Namespace: i.key.Namespace, Name: i.key.Name,
		Attempt: e.queue.attempts[i], ID: "test", Due: due,
	})
	if err != nil {
		return sdk.Result{}, err
	}
	if outcome.Verdict != abi.VerdictDone {
		return sdk.Result{}, &OutcomeError{outcome}
	}
	return sdk.Result{RequeueAfter: outcome.RequeueAfter}, nil
}

// Settle does what the host does: it finds what has changed since the last
// time, wakes the keys that the watches map it to, reconciles them, and goes
// on until nothing changes any more. A key that fails is tried again a few
// times. Keys that asked to come back later do when the clock has been
// advanced. Keys that only a change wakes which a watch leaves out (see
// [sdk.Watch].Where) are reconciled last: something coming of it fails the test,
// since a host may also wake them. The error joins the last one of each key that was given up.
func (e *Env) Settle() error {
	e.t.Helper()
	if e.queue.seen == nil {
		e.begin()
	}
	failed := map[item]error{}
	for range maxReconciles {
		i, err := e.next()
		if err != nil {
			return err
		}
		switch {
		case i != nil:
			e.step(*i, failed)
		case !e.checkSpared():
			return joined(failed)
		}
	}
	return fmt.Errorf("the plugin does not settle: %d reconciles and still something to do", maxReconciles)
}

// begin makes the queue, in which the keys of singletons are due.
func (e *Env) begin() {
	e.queue = queue{seen: map[watched]Object{}, due: map[item]time.Time{}, spared: map[item]bool{}, asked: map[item]time.Time{}, attempts: map[item]uint32{}}
	for i, c := range e.description.Controllers {
		if c.Singleton {
			e.queue.due[item{controller: uint32(i)}] = e.Now()
		}
	}
}

// step reconciles a key and notes what follows.
func (e *Env) step(i item, failed map[item]error) {
	delete(e.queue.due, i)
	delete(e.queue.spared, i)
	result, err := e.reconcile(i)
	outcome := (*OutcomeError)(nil)
	switch {
	case err == nil:
		delete(e.queue.attempts, i)
		delete(failed, i)
		delete(e.queue.asked, i)
		if result.RequeueAfter > 0 {
			e.queue.due[i] = e.Now().Add(result.RequeueAfter)
			e.queue.asked[i] = e.queue.due[i]
		}
	case errors.As(err, &outcome) && outcome.Verdict == abi.VerdictRetry && e.queue.attempts[i]+1 < maxAttempts:
		e.queue.attempts[i]++
		e.queue.due[i] = e.Now()
	default:
		delete(e.queue.attempts, i)
		delete(e.queue.asked, i)
		failed[i] = fmt.Errorf("%s %s: %w", e.description.Controllers[i.controller].Name, i.key, err)
	}
}

// next returns the next key to reconcile, nil if there is none.
func (e *Env) next() (*item, error) {
	if err := e.wake(); err != nil {
		return nil, err
	}
	now := e.Now()
	var next *item
	for i, at := range e.queue.due {
		if !at.After(now) && (next == nil || compareItems(i, *next) < 0) {
			next = &i
		}
	}
	return next, nil
}

func compareItems(a, b item) int {
	if a.controller != b.controller {
		return int(a.controller) - int(b.controller)
	}
	return compareKeys(a.key, b.key)
}

func joined(failed map[item]error) error {
	var all []error
	for _, err := range failed {
		all = append(all, err)
	}
	slices.SortFunc(all, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(all...)
}
