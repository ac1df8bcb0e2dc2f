// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !wasip1

package sdk

import (
	"context"
	"errors"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Instance runs, in the process itself, the module that the packages of this
// program declare: what a wasm instance is in the host, for emulators such as
// package sdktest. It exists in native builds only. The methods must not be
// called concurrently; different instances are independent.
type Instance struct{ in instance }

// NewInstance returns an instance whose operations go to operator and whose
// clock is now.
func NewInstance(operator abi.Operator, now func() time.Time) *Instance {
	return &Instance{in: instance{host: host{operator: operator, clock: now}}}
}

// Context returns a context with which the methods of resources, loggers and
// settings work as they do in a reconcile.
func (i *Instance) Context(ctx context.Context) context.Context { return i.in.begin(ctx) }

// Describe returns what the module says of itself.
func (i *Instance) Describe(context.Context) (*abi.Description, error) {
	var d abi.Description
	return &d, d.Decode(module.description.Append(nil))
}

// Configure gives the module its settings, a record body in the shape of
// Description.Settings. The error says what the module does not like.
func (i *Instance) Configure(_ context.Context, c abi.Configuration) error {
	if r := i.in.configure(&c); r.Message != "" {
		return errors.New("settings: " + r.Message)
	}
	return nil
}

// Reconcile reconciles one key. The error is always nil.
func (i *Instance) Reconcile(ctx context.Context, r abi.Request) (abi.Outcome, error) {
	return i.in.reconcile(ctx, &r), nil
}

// Map answers which keys a change wakes, for a watch that the module maps.
func (i *Instance) Map(ctx context.Context, c abi.Change) ([]abi.Request, error) {
	requests, err := i.in.keys(ctx, &c)
	return requests.Requests, err
}
