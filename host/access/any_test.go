// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

// wide is an API server that notes of which resource it is asked.
type wide struct{ api }

func (w wide) note(t kube.Target) {
	w.asked = append(w.asked, t.Group+"/"+t.Version+"/"+t.Resource+map[bool]string{true: " metadata"}[t.Metadata])
}

func (w wide) Get(ctx context.Context, t kube.Target, namespace, name, subresource string) ([]byte, error) {
	w.note(t)
	return w.api.Get(ctx, t, namespace, name, subresource)
}

func (w wide) List(ctx context.Context, t kube.Target, o kube.ListOptions) ([]byte, error) {
	w.note(t)
	return w.api.List(ctx, t, o)
}

func (w wide) Write(ctx context.Context, op abi.Operation, t kube.Target, r *abi.WriteRequest) ([]byte, error) {
	w.note(t)
	return w.api.Write(ctx, op, t, r)
}

// anyOperator answers a plugin that works with any resource, granted are all but
// secrets; resource 1 is one.
func anyOperator(w *world) *access.Operator {
	o := w.options()
	metadata := record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: "metadata", Shape: record.Shape{Kind: record.Struct, Fields: []record.Field{
		{Name: "labels", Shape: record.Shape{Kind: record.Map, Elem: &record.Shape{Kind: record.String}}},
	}}}}}
	o.Description = &abi.Description{Discover: true, Resources: []abi.Resource{
		{Group: "*", Version: "*", Resource: "*", Kind: "*", Projection: &metadata,
			Reads: []string{"get", "list", "scale/get"}, Writes: []string{"create", "patch", "delete", "deletecollection"}},
		{Version: "v1", Resource: "pods", Kind: "Pod", Reads: []string{"get"}},
	}}
	o.Policy = grant.NewPolicy("p", o.Description, grant.Grants{Discover: true, Resources: []grant.Resource{
		{Groups: []string{"apps", ""}, Resources: []string{"deployments", "pods", "namespaces", "*/scale"}, Verbs: []string{"*"}},
	}})
	o.Caches, o.API = make([]access.Cache, 2), wide{api{w}}
	o.Discover = func(_ context.Context, live bool) (*abi.Discovery, error) {
		return &abi.Discovery{Failed: []string{map[bool]string{true: "live", false: "known"}[live]}}, w.fail
	}
	return access.New(o)
}

// TestAnyResource: the target of a request is what is asked of the API server,
// and what the grants are about.
func TestAnyResource(t *testing.T) {
	const object = `{"kind":"PartialObjectMetadata","metadata":{"namespace":"n","name":"a","labels":{"k":"v"}}}`
	deployments, pods, secrets := abi.Target{Group: "apps", Version: "v1", Resource: "deployments"}, abi.Target{Version: "v1", Resource: "pods"}, abi.Target{Version: "v1", Resource: "secrets"}
	to := func(resource string) abi.Target { return abi.Target{Version: "v1", Resource: resource} }
	for _, test := range []struct {
		reason string
		op     abi.Operation
		m      message
		status abi.Status
		want   string // a part of the result
		passed string // what reached the API server
	}{
		{"get asks for metadata alone", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a", Target: deployments}, 0, "\x01k\x01v", "apps/v1/deployments metadata"},
		{"a subresource comes whole", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a", Subresource: "scale", Target: deployments}, 0, object, "apps/v1/deployments"},
		{"list", abi.OpList, &abi.ListRequest{Namespace: "n", Target: pods}, 0, "", "/v1/pods metadata"},
		{"delete", abi.OpDelete, &abi.WriteRequest{Namespace: "n", Name: "a", Target: pods}, 0, "", "/v1/pods"},
		{"patch needs no kind", abi.OpPatch, &abi.WriteRequest{Namespace: "n", Name: "a", Body: []byte("{}"), Target: pods}, 0, "\x01k\x01v", "/v1/pods"},
		{"create does", abi.OpCreate, &abi.WriteRequest{Namespace: "n", Body: []byte("{}"), Target: pods}, abi.StatusBadRequest, "the target has no kind", ""},
		{"delete a collection", abi.OpDeleteCollection, &abi.WriteRequest{Namespace: "n", Target: pods}, 0, "", "/v1/pods"},
		{"get what is not granted", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a", Target: secrets}, abi.StatusDenied, `may not get secrets "a" in namespace "n"`, ""},
		{"list what is not granted", abi.OpList, &abi.ListRequest{Target: secrets}, abi.StatusDenied, "may not list secrets", ""},
		{"delete what is not granted", abi.OpDelete, &abi.WriteRequest{Namespace: "n", Name: "a", Target: secrets}, abi.StatusDenied, `may not delete secrets "a"`, ""},
		{"delete a collection of it", abi.OpDeleteCollection, &abi.WriteRequest{Namespace: "n", Target: secrets}, abi.StatusDenied, "may not deletecollection secrets", ""},
		{"the group counts", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a", Target: abi.Target{Group: "example.com", Version: "v1", Resource: "pods"}}, abi.StatusDenied, "get pods.example.com", ""},
		{"event about what is not granted", abi.OpEvent, &abi.Event{Namespace: "n", Name: "a", Reason: "Odd", Target: abi.Target{Group: "batch", Version: "v1", Resource: "jobs", Kind: "Job"}}, abi.StatusDenied, "report events about jobs", ""},
		{"event without a kind", abi.OpEvent, &abi.Event{Namespace: "n", Name: "a", Reason: "Odd", Target: pods}, abi.StatusBadRequest, "no kind", ""},
		{"event", abi.OpEvent, &abi.Event{Namespace: "n", Name: "a", Reason: "Odd", Target: abi.Target{Version: "v1", Resource: "pods", Kind: "Pod"}}, 0, "", ""},
		{"no target", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a"}, abi.StatusBadRequest, "names no target", ""},
		{"a target of one resource", abi.OpGet, &abi.GetRequest{Resource: 1, Namespace: "n", Name: "a", Target: secrets}, abi.StatusBadRequest, "which is for any resource", ""},
		{"a path", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a", Target: to("../secrets")}, abi.StatusBadRequest, "expected a plural name", ""},
		{"upper case", abi.OpList, &abi.ListRequest{Target: to("Pods")}, abi.StatusBadRequest, "expected a plural name", ""},
		{"a subresource in the resource", abi.OpPatch, &abi.WriteRequest{Name: "a", Target: to("pods/status")}, abi.StatusBadRequest, "expected a plural name", ""},
		{"a path in the version", abi.OpDelete, &abi.WriteRequest{Name: "a", Target: abi.Target{Version: "v1/namespaces/n", Resource: "pods"}}, abi.StatusBadRequest, "expected a DNS label", ""},
		{"what is in a namespace, by its name", abi.OpGet, &abi.GetRequest{Name: "kube-system", Subresource: "secrets", Target: to("namespaces")}, abi.StatusBadRequest, "leads to the objects in the namespace", ""},
		{"a watch by a path of old", abi.OpGet, &abi.GetRequest{Name: "secrets", Target: to("watch")}, abi.StatusBadRequest, "leads to other resources", ""},
		{"discover", abi.OpDiscover, &abi.DiscoverRequest{}, 0, "known", ""},
		{"discover now", abi.OpDiscover, &abi.DiscoverRequest{Live: true}, 0, "live", ""},
	} {
		w := &world{answer: object}
		if test.op == abi.OpList {
			w.answer = `{"items":[` + object + `]}`
		}
		status, result := anyOperator(w).Operate(t.Context(), test.op, test.m.Append(nil), nil)
		if status != test.status || !strings.Contains(string(result), test.want) {
			t.Errorf("%s: got %s %q, want %s %q", test.reason, status, result, test.status, test.want)
		}
		if passed := strings.Join(w.asked, ", "); !strings.HasPrefix(passed, test.passed) || (test.passed == "") != (passed == "") {
			t.Errorf("%s: asked for %q, want %q", test.reason, passed, test.passed)
		}
	}
}

func TestDiscoverFails(t *testing.T) {
	w := &world{fail: errors.New("connection refused")}
	if status, result := anyOperator(w).Operate(t.Context(), abi.OpDiscover, nil, nil); status != abi.StatusUnavailable || !strings.Contains(string(result), "refused") {
		t.Errorf("discover: got %s %q, want unavailable and why", status, result)
	}
	o := w.options() // of a plugin that does not ask for it
	if status, result := access.New(o).Operate(t.Context(), abi.OpDiscover, nil, nil); status != abi.StatusDenied || !strings.Contains(string(result), "does not ask for it in discover") {
		t.Errorf("discover without asking: got %s %q, want denied", status, result)
	}
}
