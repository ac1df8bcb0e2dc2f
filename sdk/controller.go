// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Request names the object to reconcile. It never says what happened to it:
// look at the world and make it as it should be.
type Request struct {
	Key
	Attempt int    // how often this key has failed in a row, 0 the first time
	ID      string // identifies this reconcile in logs and events
	// Due is when the key wanted to be reconciled again, by RequeueAfter of its
	// last reconcile without error; zero if it did not. A Due that is not after
	// [Now] is what the plugin waited for; one that is says that something else
	// woke the key, and what it waits for. It is forgotten when the host stops
	// or another one leads: then wait anew.
	Due time.Time
}

// Result is what a reconcile without error ends with.
type Result struct {
	// RequeueAfter reconciles the key again after this time, also if nothing
	// changes. 0: when something changes.
	RequeueAfter time.Duration
}

// Reconciler brings one object to the state that it should have.
//
//	result               error              then
//	Result{}             nil                again when something changes
//	Result{RequeueAfter} nil                again after that time, or when something changes
//	any                  TerminalError(err) logged; again when something changes
//	any                  err                logged; again with exponential back-off
//
// One key is never reconciled by two calls at once.
type Reconciler interface {
	Reconcile(ctx context.Context, req Request) (Result, error)
}

// ReconcilerFunc is a function as a [Reconciler].
type ReconcilerFunc func(ctx context.Context, req Request) (Result, error)

// Reconcile calls f.
func (f ReconcilerFunc) Reconcile(ctx context.Context, req Request) (Result, error) {
	return f(ctx, req)
}

// Controller is one reconcile loop.
type Controller struct {
	Name string // unique in the plugin; a DNS label
	// For is the resource whose objects are reconciled; nil for a Singleton.
	For AnyResource
	// Singleton is for work that is no object's: the controller has one key, the
	// empty one. It is reconciled when the controller starts to work, when a
	// watch with [MapSingleton] sees a change, and after [Result].RequeueAfter.
	Singleton bool
	// ForFields narrows the fields of For whose change wakes the controller;
	// nil means all that its type has. See [FieldsOf].
	ForFields *Fields
	// ForWhere narrows the objects of For that wake the controller, see
	// [Watch].Where. Keys of others still come from other watches and from
	// [Result].RequeueAfter.
	ForWhere []Condition
	// LooseOnly is for a controller that is For any resource, see [NewAny]. It
	// spares it objects that are not being deleted and of which all owners are
	// there and stay, until that ends. Like Where it may be ignored.
	LooseOnly bool
	// Owns are resources whose objects wake their controller owner, if it is
	// an object of For.
	Owns []AnyResource
	// Watches are further resources that wake keys of For.
	Watches []Watch
	// Reconciler does the work, or Reconcile, which is for functions.
	Reconciler Reconciler
	Reconcile  ReconcilerFunc
	// Concurrency is how many keys are reconciled at once, each by an instance
	// of its own; 0 means the host's default.
	Concurrency int
}

// Watch wakes keys of a controller when objects of a resource change.
type Watch struct {
	Resource AnyResource
	Map      Mapping
	// Fields narrows the fields whose change wakes; nil means all that the
	// resource's type has. See [FieldsOf].
	Fields *Fields
	// Where narrows the objects that wake: a change is left out if the object
	// meets not all of the conditions, neither before nor after it. So one that
	// stops to meet them wakes, and one that starts to. The host may ignore them:
	// a reconcile must still see for itself. They spare it the objects of which it
	// could only say that there is nothing to do.
	Where []Condition
}

// Condition is about a field, which must be in the Fields that wake: [IsSet], [Is].
type Condition = abi.Condition

// IsSet asks that the field at the path, "spec.nodeName" for example, is neither
// absent nor empty, 0 or false. It is a scalar, a list or a map.
func IsSet(path string) Condition { return Condition{Field: path} }

// Is asks that the text of the scalar at the path is one of the values. Behind a
// map the rest of the path is the key, so that "metadata.labels.app" is a label. Numbers have decimal digits; an absent field is the empty text, unless it is a number or
// bool that the type has not as a pointer.
func Is(path, value string, or ...string) Condition {
	return Condition{Field: path, Values: append([]string{value}, or...)}
}

// Fields is a part of a projection.
type Fields struct{ shape *record.Shape }
