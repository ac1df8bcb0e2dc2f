// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// begin returns the context of one call of the host.
func (in *instance) begin(ctx context.Context) *reconcileContext {
	if in.settings == nil && module.defaults != nil {
		module.defaults(in)
	}
	return &reconcileContext{Context: ctx, in: in}
}

// reconcile answers one request.
func (in *instance) reconcile(ctx context.Context, m *abi.Request) abi.Outcome {
	if int(m.Controller) >= len(module.controllers) {
		return abi.Outcome{Verdict: abi.VerdictTerminal, Message: "the plugin has no controller " + strconv.Itoa(int(m.Controller))}
	}
	req := Request{Key: Key{Namespace: m.Namespace, Name: m.Name}, Attempt: int(m.Attempt), ID: m.ID}
	if m.Due != 0 {
		req.Due = time.Unix(0, int64(m.Due)).UTC()
	}
	result, err := module.controllers[m.Controller].reconciler.Reconcile(in.begin(ctx), req)
	return outcome(result, err)
}

// outcome is what the host is told of a result.
func outcome(result Result, err error) abi.Outcome {
	if err == nil {
		return abi.Outcome{RequeueAfter: max(result.RequeueAfter, 0)}
	}
	o := abi.Outcome{Verdict: abi.VerdictRetry, Message: err.Error()}
	if terminal := (*terminalError)(nil); errors.As(err, &terminal) {
		o.Verdict, o.Message = abi.VerdictTerminal, terminal.cause.Error()
	}
	if api := (*APIError)(nil); errors.As(err, &api) {
		o.Status = api.Status
	}
	return o
}

// keys answers which keys a change wakes.
func (in *instance) keys(ctx context.Context, m *abi.Change) (abi.Requests, error) {
	if int(m.Controller) >= len(module.controllers) || int(m.Watch) >= len(module.controllers[m.Controller].mappings) {
		return abi.Requests{}, errors.New("the plugin has no such watch")
	}
	mapping := module.controllers[m.Controller].mappings[m.Watch]
	if mapping.call == nil {
		return abi.Requests{}, errors.New("the watch is not mapped by the guest")
	}
	keys, err := mapping.call(in.begin(ctx), m.Before, m.After)
	woken := abi.Requests{Requests: make([]abi.Request, len(keys))}
	for i, key := range keys {
		woken.Requests[i] = abi.Request{Controller: m.Controller, Namespace: key.Namespace, Name: key.Name}
	}
	return woken, err
}

// configure takes over the settings, or says why not.
func (in *instance) configure(m *abi.Configuration) abi.Rejection {
	if module.configure == nil {
		if len(m.Settings) > 0 {
			return abi.Rejection{Message: "the plugin takes no settings"}
		}
		return abi.Rejection{}
	}
	if err := module.configure(in, m.Settings); err != nil {
		return abi.Rejection{Message: err.Error()}
	}
	return abi.Rejection{}
}
