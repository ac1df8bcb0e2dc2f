// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

var (
	pods        = kube.Target{Version: "v1", Resource: "pods", Kind: "Pod"}
	deployments = kube.Target{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment"}
	zero        = uint32(0)
)

// TestRequests compares what goes over the wire with what the API server's
// documentation asks for.
func TestRequests(t *testing.T) {
	tests := []struct {
		reason string
		op     abi.Operation
		target kube.Target
		w      abi.WriteRequest
		want   string // method, path with query, content type, body
	}{
		{"create fills in what kind it is", abi.OpCreate, pods,
			abi.WriteRequest{Namespace: "n", Body: []byte(`{"metadata":{"generateName":"a-"}}`), FieldManager: "m"},
			`POST /api/v1/namespaces/n/pods?fieldManager=m application/json {"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"a-"}}`},
		{"create through a subresource has the kind that the guest gives", abi.OpCreate, pods,
			abi.WriteRequest{Namespace: "n", Name: "a", Subresource: "binding", Body: []byte(`{"kind":"Binding"}`)},
			`POST /api/v1/namespaces/n/pods/a/binding application/json {"kind":"Binding"}`},
		{"update with the version that was read", abi.OpUpdate, deployments,
			abi.WriteRequest{Namespace: "n", Name: "a", Body: []byte(`{}`), Observed: 7},
			`PUT /apis/apps/v1/namespaces/n/deployments/a application/json {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"resourceVersion":"7"}}`},
		{"merge patch as it is", abi.OpPatch, pods,
			abi.WriteRequest{Namespace: "n", Name: "a", Body: []byte(`{"x":1}`)},
			`PATCH /api/v1/namespaces/n/pods/a application/merge-patch+json {"x":1}`},
		{"merge patch of the status with both conditions", abi.OpPatch, pods,
			abi.WriteRequest{Namespace: "n", Name: "a", Subresource: "status", Body: []byte(`{"metadata":{"labels":{}}}`), Observed: 7, UID: "u"},
			`PATCH /api/v1/namespaces/n/pods/a/status application/merge-patch+json {"metadata":{"labels":{},"resourceVersion":"7","uid":"u"}}`},
		{"JSON patch with both conditions first", abi.OpPatch, pods,
			abi.WriteRequest{Namespace: "n", Name: "a", PatchType: abi.PatchJSON, Body: []byte(`[{"op":"remove","path":"/x"}]`), Observed: 7, UID: "u"},
			`PATCH /api/v1/namespaces/n/pods/a application/json-patch+json [{"op":"replace","path":"/metadata/resourceVersion","value":"7"},{"op":"replace","path":"/metadata/uid","value":"u"},{"op":"remove","path":"/x"}]`},
		{"strategic merge patch", abi.OpPatch, pods,
			abi.WriteRequest{Namespace: "n", Name: "a", PatchType: abi.PatchStrategic, Body: []byte(`{}`), DryRun: true},
			`PATCH /api/v1/namespaces/n/pods/a?dryRun=All application/strategic-merge-patch+json {}`},
		{"apply with force", abi.OpApply, pods,
			abi.WriteRequest{Namespace: "n", Name: "a", Body: []byte(`{}`), Force: true, FieldManager: "m"},
			`PATCH /api/v1/namespaces/n/pods/a?fieldManager=m&force=true application/apply-patch+yaml {"apiVersion":"v1","kind":"Pod"}`},
		{"delete with everything", abi.OpDelete, pods,
			abi.WriteRequest{Namespace: "n", Name: "a", UID: "u", Observed: 7, GracePeriodSeconds: &zero, Propagation: abi.PropagationForeground},
			`DELETE /api/v1/namespaces/n/pods/a application/json {"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"preconditions":{"uid":"u","resourceVersion":"7"},"propagationPolicy":"Foreground"}`},
		{"delete a collection", abi.OpDeleteCollection, pods,
			abi.WriteRequest{Namespace: "n", LabelSelector: "a=b"},
			`DELETE /api/v1/namespaces/n/pods?labelSelector=a%3Db application/json {"kind":"DeleteOptions","apiVersion":"v1"}`},
		{"cluster-scoped", abi.OpDelete, kube.Target{Version: "v1", Resource: "nodes", Kind: "Node"},
			abi.WriteRequest{Name: "a"}, `DELETE /api/v1/nodes/a application/json {"kind":"DeleteOptions","apiVersion":"v1"}`},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			client, got := serve(t, http.StatusOK, `{}`)
			if _, err := client.Write(t.Context(), test.op, test.target, &test.w); err != nil {
				t.Fatal(err)
			}
			if *got != test.want {
				t.Errorf("%s %+v sent\n got %s\nwant %s", test.op, test.w, *got, test.want)
			}
		})
	}
}

// TestBadBodiesAreNamed sends bodies that cannot be written, which must not
// reach the API server.
func TestBadBodiesAreNamed(t *testing.T) {
	for _, test := range []struct {
		op   abi.Operation
		w    abi.WriteRequest
		want string
	}{
		{abi.OpCreate, abi.WriteRequest{Body: []byte("[]")}, "body is no JSON object"},
		{abi.OpPatch, abi.WriteRequest{Body: []byte(`{"metadata":1}`), Observed: 1}, "metadata: body is no JSON object"},
		{abi.OpPatch, abi.WriteRequest{Body: []byte("{}"), PatchType: abi.PatchJSON, Observed: 1}, "body is no JSON patch"},
		{abi.OpPatch, abi.WriteRequest{PatchType: 9}, "patch type 9"},
		{abi.OpDelete, abi.WriteRequest{Propagation: 9}, "propagation 9"},
	} {
		client, got := serve(t, http.StatusOK, `{}`)
		_, err := client.Write(t.Context(), test.op, pods, &test.w)
		if err == nil || !strings.Contains(err.Error(), test.want) || *got != "" {
			t.Errorf("%s %+v: got error %v and request %q, want %q and none", test.op, test.w, err, *got, test.want)
		}
		if status, _ := kube.StatusOf(err); status != abi.StatusBadRequest {
			t.Errorf("%s %+v: got status %s, want bad_request", test.op, test.w, status)
		}
	}
}

func TestDiscover(t *testing.T) {
	client, _ := serve(t, http.StatusOK, `{"resources":[{"name":"deployments","namespaced":true,"kind":"Deployment"}]}`)
	scope, err := client.Discover(t.Context(), deployments)
	if err != nil || !scope.Namespaced || scope.Kind != "Deployment" {
		t.Errorf("Discover: got %+v, error %v, want a namespaced Deployment", scope, err)
	}
	want := "the API server serves no resource pods in v1"
	if _, err := client.Discover(t.Context(), pods); err == nil || err.Error() != want {
		t.Errorf("Discover of what is not served: got error %v, want %s", err, want)
	}
	missing, _ := serve(t, http.StatusNotFound, `{"kind":"Status","status":"Failure","reason":"NotFound","code":404}`)
	if _, err := missing.Discover(t.Context(), deployments); err == nil || !strings.Contains(err.Error(), "serves no resource deployments in apps/v1") {
		t.Errorf("Discover of a group that is not served: got error %v", err)
	}
}

// serve answers every request with one body and notes the last request.
func serve(t *testing.T, code int, answer string) (*kube.Client, *string) {
	t.Helper()
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return connect(t, &rest.Config{Host: server.URL}, fence.Open()), &got
}

// connect returns a client for a server that is no API server.
func connect(t *testing.T, config *rest.Config, f *fence.Fence) *kube.Client {
	t.Helper()
	link, err := kube.Connect(config, f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.Client(nil)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
