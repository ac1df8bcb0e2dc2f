// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

// TestEvents: events are delivered from the first one on, and no more after Close.
func TestEvents(t *testing.T) {
	delivered := make(chan struct{}, 10)
	server := newNotes(t, func(w http.ResponseWriter) {
		ok(w)
		delivered <- struct{}{}
	})
	link, err := kube.Connect(server.config(), trusted(t))
	if err != nil {
		t.Fatal(err)
	}
	events, err := link.Events(nil)
	if err != nil {
		t.Fatal(err)
	}
	pod := kube.Target{Version: "v1", Resource: "pods", Kind: "Pod"}
	for _, reason := range []string{"First", "Second"} {
		events.Record(pod, &abi.Event{Namespace: "shop", Name: "p", Reason: reason, Message: "m", Source: "s"})
		<-delivered
	}
	events.Close()
	events.Record(pod, &abi.Event{Namespace: "shop", Name: "p", Reason: "Late", Message: "m", Source: "s"})
	events.Close() // does nothing
	want := []string{"POST /api/v1/namespaces/shop/events", "POST /api/v1/namespaces/shop/events"}
	if diff := cmp.Diff(want, server.got(func(r *http.Request) string { return r.Method + " " + r.URL.Path })); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestEventsOfNobody: who records nothing closes nothing.
func TestEventsOfNobody(t *testing.T) {
	link, err := kube.Connect(newNotes(t, ok).config(), trusted(t))
	if err != nil {
		t.Fatal(err)
	}
	events, err := link.Events(nil)
	if err != nil {
		t.Fatal(err)
	}
	events.Close()
}
