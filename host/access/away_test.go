// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/outside"
)

// turnstile is a gate that knows whether somebody is inside.
type turnstile struct {
	inside bool
	left   int
}

func (g *turnstile) Enter(ctx context.Context) error {
	g.inside = true
	return ctx.Err() // the context of a request whose end must not matter
}

func (g *turnstile) Leave() {
	g.inside = false
	g.left++
}

// remote is an API that says who came from inside of the gate.
type remote struct {
	api
	t    *testing.T
	gate *turnstile
}

func (r remote) check(what string) {
	if r.gate.inside {
		r.t.Errorf("%s waits for the API server inside of the gate", what)
	}
}

func (r remote) Get(ctx context.Context, t kube.Target, namespace, name, subresource string) ([]byte, error) {
	r.check("get")
	return r.api.Get(ctx, t, namespace, name, subresource)
}

func (r remote) List(ctx context.Context, t kube.Target, o kube.ListOptions) ([]byte, error) {
	r.check("list")
	return r.api.List(ctx, t, o)
}

func (r remote) Write(ctx context.Context, op abi.Operation, t kube.Target, w *abi.WriteRequest) ([]byte, error) {
	r.check("write")
	return r.api.Write(ctx, op, t, w)
}

// Do sends a request to another server.
func (r remote) Do(context.Context, *abi.HTTPRequest, outside.Check) (*abi.HTTPResponse, error) {
	r.check("http")
	return &abi.HTTPResponse{Status: 200}, nil
}

// TestGuestsLeaveTheGateToWait performs what waits for a server, and what does
// not.
func TestGuestsLeaveTheGateToWait(t *testing.T) {
	const live = true
	for _, c := range []struct {
		op   abi.Operation
		m    message
		left int
	}{
		{abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a"}, 0},
		{abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a", Live: live}, 1},
		{abi.OpList, &abi.ListRequest{}, 0},
		{abi.OpList, &abi.ListRequest{Live: live}, 1},
		{abi.OpPatch, &abi.WriteRequest{Namespace: "n", Name: "a", Body: []byte(`{}`)}, 1},
		{abi.OpHTTP, &abi.HTTPRequest{Method: "GET", URL: "https://example.com"}, 1},
		{abi.OpEvent, &abi.Event{Namespace: "n", Name: "a", Reason: "R"}, 0},
		{abi.OpLog, &abi.Log{Message: "m"}, 0},
	} {
		w := &world{objects: map[string]string{"n/a": "{}"}, answer: `{"kind":"ConfigMap"}`}
		gate := &turnstile{inside: true}
		d := &abi.Description{Resources: []abi.Resource{{
			Version: "v1", Resource: "configmaps", Kind: "ConfigMap", Projection: &record.Shape{Kind: record.Struct},
			Writes: []string{"patch"}, Reads: []string{"get", "list"},
		}}}
		r := remote{api{w}, t, gate}
		o := access.New(access.Options{
			Plugin: "p", Description: d, Policy: grant.NewPolicy("p", d, grant.Wanted(d)), Caches: []access.Cache{w},
			API: r, Outside: r, Events: events{w}, Metrics: metrics{w}, Leadership: w,
			Logger: slog.New(slog.NewTextHandler(&w.log, nil)), Gate: gate,
		})
		if status, answer := o.Operate(t.Context(), c.op, c.m.Append(nil), nil); status != abi.StatusOK {
			t.Errorf("%s: %s %q", c.op, status, answer)
		}
		if gate.left != c.left || !gate.inside {
			t.Errorf("%s: left %d times and is inside: %t, want %d and that it is", c.op, gate.left, gate.inside, c.left)
		}
	}
}
