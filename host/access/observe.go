// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/limit"
)

func (o *Operator) event(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	if err := tooLong(abi.OpEvent, request); err != nil {
		return fail(buffer, abi.StatusTooLarge, err.Error())
	}
	var event abi.Event
	if err := event.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	r, err := o.resource(event.Resource, &event.Target, "")
	if err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if r.target.Kind == "" {
		return fail(buffer, abi.StatusBadRequest, "event: the target has no kind")
	}
	if event.Reason == "" || event.Name == "" {
		return fail(buffer, abi.StatusBadRequest, "event: reason and name must be set")
	}
	if err := grant.CheckTarget(event.Namespace, event.Name, ""); err != nil {
		return fail(buffer, abi.StatusBadRequest, "event: "+err.Error())
	}
	object := grant.Object{Resource: event.Resource, Target: r.of, Namespace: event.Namespace, Name: event.Name}
	if err := o.Policy.AllowEvent(object); err != nil {
		return o.deny(ctx, buffer, abi.OpEvent, r.name, err)
	}
	if event.Source == "" {
		event.Source = o.Plugin
	}
	if err := fitEvent(&event); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if o.Limits.Events.Pass(1) {
		o.Events.Record(r.target, &event)
	}
	return abi.StatusOK, buffer
}

func (o *Operator) metric(request, buffer []byte) (abi.Status, []byte) {
	if err := tooLong(abi.OpMetric, request); err != nil {
		return fail(buffer, abi.StatusTooLarge, err.Error())
	}
	var m abi.Metric
	if err := m.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	err := o.Metrics.Record(&m)
	switch {
	case errors.Is(err, limit.ErrExceeded):
		o.Limits.Series.Dropped()
		return fail(buffer, abi.StatusTooLarge, err.Error())
	case err != nil:
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	return abi.StatusOK, buffer
}
