// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/outside"
)

// Gate is what a guest has gone through to compute. The operator leaves while
// it waits for others.
type Gate interface {
	// Leave gives the guest's place to another.
	Leave()
	// Enter waits for a place; the error is that of the context.
	Enter(ctx context.Context) error
}

// back takes a place again, whatever has become of the request's context: the
// guest goes on to compute, if only to return.
func back(ctx context.Context, g Gate) { _ = g.Enter(context.WithoutCancel(ctx)) }

// awayAPI leaves the gate while a request is under way.
type awayAPI struct {
	API
	gate Gate
}

// Get reads an object.
func (a awayAPI) Get(ctx context.Context, t kube.Target, namespace, name, subresource string) ([]byte, error) {
	a.gate.Leave()
	defer back(ctx, a.gate)
	return a.API.Get(ctx, t, namespace, name, subresource)
}

// List reads a collection.
func (a awayAPI) List(ctx context.Context, t kube.Target, o kube.ListOptions) ([]byte, error) {
	a.gate.Leave()
	defer back(ctx, a.gate)
	return a.API.List(ctx, t, o)
}

// Write performs a write.
func (a awayAPI) Write(ctx context.Context, op abi.Operation, t kube.Target, w *abi.WriteRequest) ([]byte, error) {
	a.gate.Leave()
	defer back(ctx, a.gate)
	return a.API.Write(ctx, op, t, w)
}

// awayOutside leaves the gate while a request to another server is under way.
type awayOutside struct {
	Outside
	gate Gate
}

// Do sends a request.
func (a awayOutside) Do(ctx context.Context, r *abi.HTTPRequest, check outside.Check) (*abi.HTTPResponse, error) {
	a.gate.Leave()
	defer back(ctx, a.gate)
	return a.Outside.Do(ctx, r, check)
}
