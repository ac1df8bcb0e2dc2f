// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package access answers the operations of one plugin: reads from the caches,
// writes through the API server, events, logs and metrics, requests to other
// servers, signatures.
//
// It is the one place where a plugin's requests meet the world, and so the
// place that decides what the plugin may do. It does not know guests or wasm;
// package guest calls it through [abi.Operator]. An [Operator] is safe for
// concurrent use by all instances of its plugin.
package access

import (
	"cmp"
	"context"
	"log/slog"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// Operator implements [abi.Operator] for one plugin.
type Operator struct {
	Options
	resources []resource
	direct    API // without the gate
	denials   denials
	lines     *slog.Logger // for what the guest logs
}

// New returns an operator. It does no I/O.
func New(o Options) *Operator {
	if o.Limits.LineSize == 0 {
		o.Limits.LineSize = defaultLineSize
	}
	direct := o.API
	if o.Gate != nil {
		o.API, o.Outside = awayAPI{o.API, o.Gate}, awayOutside{o.Outside, o.Gate}
		o.Discover = awayDiscover(o.Discover, o.Gate)
	}
	operator := &Operator{
		Options: o,
		direct:  direct,
		lines:   slog.New(limit.NewHandler(cmp.Or(o.GuestLogger, o.Logger).Handler(), nil, o.Limits.LineSize)),
	}
	for i := range o.Description.Resources {
		d := &o.Description.Resources[i]
		r := resource{target: kube.TargetOf(d), name: d.String()}
		if d.Projection != nil {
			r.extract = project.NewJSON(d.Projection)
		}
		if d.Cached() {
			r.cache = o.Caches[i]
		}
		if d.Any() {
			r.target.Metadata = metadataOnly(d.Projection)
		}
		operator.resources = append(operator.resources, r)
	}
	return operator
}

// Operate performs one operation; see [abi.Operator].
func (o *Operator) Operate(ctx context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	if err := ctx.Err(); err != nil {
		return fail(buffer, abi.StatusCanceled, context.Cause(ctx).Error())
	}
	switch op {
	case abi.OpGet:
		return o.get(ctx, request, buffer)
	case abi.OpList:
		return o.list(ctx, request, buffer)
	case abi.OpEvent:
		return o.event(ctx, request, buffer)
	case abi.OpLog:
		return o.log(ctx, request, buffer)
	case abi.OpMetric:
		return o.metric(request, buffer)
	case abi.OpHTTP:
		return o.http(ctx, request, buffer)
	case abi.OpSign:
		return o.sign(ctx, request, buffer)
	case abi.OpDiscover:
		return o.discover(ctx, request, buffer)
	case abi.OpBatch:
		return o.batch(ctx, request, buffer)
	}
	if op.Write() {
		return o.write(ctx, op, request, buffer)
	}
	return fail(buffer, abi.StatusUnsupported, "the host has no operation "+op.String())
}

// fail appends an error result.
func fail(buffer []byte, status abi.Status, message string) (abi.Status, []byte) {
	answer := abi.Error{Message: message}
	return status, answer.Append(buffer)
}
