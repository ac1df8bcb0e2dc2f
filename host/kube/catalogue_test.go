// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

const (
	coreGroup = `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[{"metadata":{},"versions":[{"version":"v1","resources":[
		{"resource":"pods","responseKind":{"group":"","version":"","kind":"Pod"},"scope":"Namespaced","verbs":["list","get"]}],"freshness":"Current"}]}]}`
	otherGroups = `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[
		{"metadata":{"name":"example.com"},"versions":[
			{"version":"v2","resources":[{"resource":"widgets","responseKind":{"kind":"Widget"},"scope":"Cluster","verbs":["delete"]}],"freshness":"Current"},
			{"version":"v1","resources":[{"resource":"widgets","responseKind":{"kind":"Widget"},"scope":"Cluster","verbs":["get"]},
				{"resource":"gadgets","responseKind":{"kind":"Gadget"},"scope":"Cluster","verbs":["get"]},
				{"resource":"shell","scope":"Cluster","subresources":[{"subresource":"status"}]}],"freshness":"Current"}]},
		{"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]}]}`
)

// discoveryServer answers discovery and counts the requests; with old set it
// knows no discovery in one answer.
func discoveryServer(t *testing.T, asked *atomic.Int32, old bool) *kube.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case old:
			_, _ = w.Write([]byte(`{"kind":"APIVersions","versions":["v1"]}`))
		case !strings.Contains(r.Header.Get("Accept"), "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"):
			t.Errorf("%s: asked for %q", r.URL, r.Header.Get("Accept"))
		case r.URL.Path == "/api":
			_, _ = w.Write([]byte(coreGroup))
		default:
			_, _ = w.Write([]byte(otherGroups))
		}
	}))
	t.Cleanup(server.Close)
	link, err := kube.Connect(&rest.Config{Host: server.URL}, fence.Open())
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.Client(nil)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestCatalogue(t *testing.T) {
	var asked atomic.Int32
	client, c := discoveryServer(t, &asked, false), kube.NewCatalogue(time.Hour)
	want := &abi.Discovery{
		Resources: []abi.APIResource{
			{Version: "v1", Resource: "pods", Kind: "Pod", Namespaced: true, Verbs: []string{"get", "list"}, Preferred: true},
			{Group: "example.com", Version: "v2", Resource: "widgets", Kind: "Widget", Verbs: []string{"delete"}, Preferred: true},
			{Group: "example.com", Version: "v1", Resource: "widgets", Kind: "Widget", Verbs: []string{"get"}},
			{Group: "example.com", Version: "v1", Resource: "gadgets", Kind: "Gadget", Verbs: []string{"get"}, Preferred: true},
		},
		Failed: []string{"metrics.k8s.io/v1beta1"},
	}
	for i, test := range []struct {
		live  bool
		asked int32
	}{{false, 2}, {false, 2}, {true, 4}, {false, 4}} {
		got, err := c.Resources(t.Context(), client, test.live)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("call %d (-want +got):\n%s", i, diff)
		}
		if asked.Load() != test.asked {
			t.Errorf("after call %d there were %d requests, want %d", i, asked.Load(), test.asked)
		}
	}
	if _, err := kube.NewCatalogue(0).Resources(t.Context(), client, false); err != nil || asked.Load() != 6 {
		t.Errorf("a new catalogue asked %d times in all, %v; want 6", asked.Load(), err)
	}
}

func TestCatalogueOfAnOldServer(t *testing.T) {
	var asked atomic.Int32
	_, err := kube.NewCatalogue(time.Hour).Resources(t.Context(), discoveryServer(t, &asked, true), false)
	if err == nil || !strings.Contains(err.Error(), "discover /api: the API server does not discover in one answer") {
		t.Errorf("got %v, want an error that says what is missing", err)
	}
}

// TestMetadataOnly: reads can ask for metadata alone.
func TestMetadataOnly(t *testing.T) {
	var accepted []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accepted = append(accepted, r.Header.Get("Accept"))
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	link, err := kube.Connect(&rest.Config{Host: server.URL}, fence.Open())
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.Client(nil)
	if err != nil {
		t.Fatal(err)
	}
	target := pods
	target.Metadata = true
	if _, err := client.Get(t.Context(), target, "n", "a", ""); err != nil {
		t.Error(err)
	}
	if _, err := client.List(t.Context(), target, kube.ListOptions{}); err != nil {
		t.Error(err)
	}
	want := []string{
		"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
		"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
	}
	if diff := cmp.Diff(want, accepted); diff != "" {
		t.Errorf("Accept (-want +got):\n%s", diff)
	}
}
