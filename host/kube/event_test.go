// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"

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

// TestEventsAreCounted: what was said before is counted in the Event of the first time.
func TestEventsAreCounted(t *testing.T) {
	type request struct {
		line string
		body []byte
	}
	requests := make(chan request, 10)
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		ok(w)
		requests <- request{r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type"), body}
	})
	link, err := kube.Connect(server.config(), trusted(t))
	if err != nil {
		t.Fatal(err)
	}
	events, err := link.Events(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	say := abi.Event{Namespace: "shop", Name: "p", UID: "u", Version: 7, Warning: true, Reason: "Sad", Message: "m", Source: "s"}

	events.Record(pods, &say)
	first := <-requests
	decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(first.body, nil, nil)
	got, ok := decoded.(*corev1.Event)
	if err != nil || !ok {
		t.Fatalf("%s: got a body of %T, error %v, want an Event", first.line, decoded, err)
	}
	want := corev1.Event{
		TypeMeta:       metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta:     metav1.ObjectMeta{Name: got.Name, Namespace: "shop"},
		InvolvedObject: corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: "shop", Name: "p", UID: "u", ResourceVersion: "7"},
		Reason:         "Sad", Message: "m", Type: "Warning", Count: 1, Source: corev1.EventSource{Component: "s"}, ReportingController: "s",
		FirstTimestamp: got.FirstTimestamp, LastTimestamp: got.FirstTimestamp,
	}
	if diff := cmp.Diff(&want, got); diff != "" || got.FirstTimestamp.IsZero() {
		t.Errorf("first time at %v (-want +got):\n%s", got.FirstTimestamp, diff)
	}

	events.Record(pods, &say)
	second := <-requests
	if line := "PATCH /api/v1/namespaces/shop/events/" + got.Name + " application/strategic-merge-patch+json"; second.line != line {
		t.Errorf("second time: got %s, want %s", second.line, line)
	}
	if !strings.Contains(string(second.body), `"count":2`) {
		t.Errorf("second time: got %s, want that it counts to 2", second.body)
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
