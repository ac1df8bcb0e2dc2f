// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Operate answers one operation of the plugin, as [abi.Operator] has it.
func (e *Env) Operate(_ context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	result, err := e.operate(op, request, buffer)
	return answer(result, err, buffer)
}

// answer is what an operation gives, behind what is in the buffer.
func answer(result []byte, err error, buffer []byte) (abi.Status, []byte) {
	if err == nil {
		return abi.StatusOK, result
	}
	m := abi.Error{Message: err.Error()}
	api := (*sdk.APIError)(nil)
	if !errors.As(err, &api) {
		return abi.StatusInternal, m.Append(buffer)
	}
	m = abi.Error{Message: api.Message, Reason: api.Reason, Causes: api.Causes, RetryAfterSeconds: uint32(api.RetryAfter / time.Second)}
	return api.Status, m.Append(buffer)
}

// LogEnabled reports whether the level is at least [Env.LogLevel].
func (e *Env) LogEnabled(_ context.Context, level abi.Level) bool { return level >= e.LogLevel }

// message is a request of the ABI.
type message interface{ Decode(b []byte) error }

func (e *Env) operate(op abi.Operation, request, buffer []byte) ([]byte, error) {
	switch op {
	case abi.OpGet:
		m := &abi.GetRequest{}
		return decoded(m, request, func() ([]byte, error) { return e.get(m, buffer) })
	case abi.OpList:
		m := &abi.ListRequest{}
		return decoded(m, request, func() ([]byte, error) { return e.list(m, buffer) })
	case abi.OpEvent:
		m := &abi.Event{}
		return decoded(m, request, func() ([]byte, error) { return buffer, e.event(m) })
	case abi.OpLog:
		m := &abi.Log{}
		return decoded(m, request, func() ([]byte, error) { return buffer, e.log(m) })
	case abi.OpMetric:
		m := &abi.Metric{}
		return decoded(m, request, func() ([]byte, error) { return buffer, e.metric(m) })
	case abi.OpHTTP:
		m := &abi.HTTPRequest{}
		return decoded(m, request, func() ([]byte, error) { return e.http(m, buffer) })
	case abi.OpSign:
		m := &abi.SignRequest{}
		return decoded(m, request, func() ([]byte, error) { return e.sign(m, buffer) })
	case abi.OpDiscover:
		m := &abi.DiscoverRequest{}
		return decoded(m, request, func() ([]byte, error) { return e.discover(buffer) })
	case abi.OpBatch:
		m := &abi.BatchRequest{}
		return decoded(m, request, func() ([]byte, error) { return e.batch(m, buffer) })
	}
	if !op.Write() {
		return nil, badRequest("the operation %s is not for an operator", op)
	}
	m := &abi.WriteRequest{}
	return decoded(m, request, func() ([]byte, error) { return e.write(op, m, buffer) })
}

func decoded(m message, request []byte, then func() ([]byte, error)) ([]byte, error) {
	if err := m.Decode(request); err != nil {
		return nil, badRequest("%v", err)
	}
	return then()
}

func badRequest(format string, args ...any) error {
	return &sdk.APIError{Status: abi.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

func notFound(r *abi.Resource, key sdk.Key) error {
	return &sdk.APIError{Status: abi.StatusNotFound, Reason: "NotFound", Message: fmt.Sprintf("%s %q not found", r.Resource, key.Name)}
}

// resource returns the resource with the index in the description, or the one
// that the target is where the description has any resource.
func (e *Env) resource(index uint32, target *abi.Target) (*abi.Resource, error) {
	if int(index) >= len(e.description.Resources) {
		return nil, badRequest("the description has no resource %d", index)
	}
	r, named := &e.description.Resources[index], *target != abi.Target{}
	switch {
	case r.Any() && !named:
		return nil, badRequest("resource %d is any resource: the request names no target", index)
	case !r.Any() && named:
		return nil, badRequest("resource %d is %s: the request names a target", index, r)
	case r.Any():
		return e.target(r, target)
	}
	return r, nil
}

// observed lets the hook of the test fail the operation.
func (e *Env) observed(op abi.Operation, r *abi.Resource, key sdk.Key, w *abi.WriteRequest) error {
	o := Operation{Op: op, Resource: r.String(), Key: key}
	if w != nil {
		o.Subresource, o.Body, o.Write = w.Subresource, string(w.Body), w
	}
	return e.hook(o)
}

// hook calls the hook of the test, which may change objects: it does not hold mu.
func (e *Env) hook(o Operation) error {
	if e.OnOperation == nil {
		return nil
	}
	e.mu.Unlock()
	defer e.mu.Lock()
	return e.OnOperation(o)
}
