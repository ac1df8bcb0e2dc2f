// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/limit"
)

// TestRefusals checks what a guest learns of an API server that says no.
func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		reason string
		code   int
		body   string
		status abi.Status
		want   abi.Error
	}{
		"Quota": {
			reason: "the words of the API server reach the guest, and so its events",
			code:   http.StatusForbidden,
			body:   `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"exceeded quota: q","reason":"Forbidden","code":403}`,
			status: abi.StatusForbidden,
			want:   abi.Error{Message: "exceeded quota: q", Reason: "Forbidden"},
		},
		"Cause": {
			reason: "two refusals of one reason differ in their cause alone",
			code:   http.StatusForbidden,
			body: `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"it is being terminated","reason":"Forbidden","code":403,` +
				`"details":{"causes":[{"reason":"NamespaceTerminating","message":"namespace a","field":"metadata.namespace"}]}}`,
			status: abi.StatusForbidden,
			want:   abi.Error{Message: "it is being terminated", Reason: "Forbidden", Causes: []string{"NamespaceTerminating"}},
		},
		"Bound": {
			reason: "409 to a POST is not always AlreadyExists",
			code:   http.StatusConflict,
			body:   `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pod a is already assigned","reason":"Conflict","code":409}`,
			status: abi.StatusConflict,
			want:   abi.Error{Message: "pod a is already assigned", Reason: "Conflict"},
		},
		"Proxy": {
			reason: "what stands between may answer in its own words",
			code:   http.StatusBadGateway,
			body:   "upstream is down",
			status: abi.StatusUnavailable,
			want: abi.Error{
				Message: "an error on the server (\"unknown\") has prevented the request from succeeding",
				Reason:  "InternalError", Causes: []string{"UnexpectedServerResponse"},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tt.code)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			_, err := connect(t, &rest.Config{Host: server.URL}, fence.Open()).Write(t.Context(), abi.OpCreate, pods, &abi.WriteRequest{Namespace: "a", Body: []byte("{}")})
			status, got := kube.StatusOf(err)
			if diff := cmp.Diff(tt.want, got); diff != "" || status != tt.status {
				t.Errorf("%s: StatusOf(%v) = %s, want %s (-want +got):\n%s", tt.reason, err, status, tt.status, diff)
			}
		})
	}
}

// TestThrottled has a limit under which the next request comes after the
// deadline: the guest learns when to come back, while it has time to return.
func TestThrottled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	link, err := kube.Connect(&rest.Config{Host: server.URL}, fence.Open())
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.Client(limit.NewThrottle(1e-3, 1, nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := client.Get(ctx, pods, "n", "a", ""); err != nil {
		t.Fatal(err)
	}
	_, err = client.Get(ctx, pods, "n", "a", "")
	if status, answer := kube.StatusOf(err); status != abi.StatusTooManyRequests || answer.RetryAfterSeconds < 990 || answer.RetryAfterSeconds > 1000 {
		t.Errorf("second request: got error %v, status %s, answer %+v, want too_many_requests and 1000 s", err, status, answer)
	}
}

// TestTransportsAreNoAnswers has a transport that asks another server, which
// refuses: that is not what became of the write.
func TestTransportsAreNoAnswers(t *testing.T) {
	for _, test := range []struct {
		cause error
		want  abi.Status
	}{
		{apierrors.NewForbidden(corev1.Resource("serviceaccounts/token"), "a", errors.New("no")), abi.StatusUnavailable},
		{fmt.Errorf("create the account: %w", fence.ErrNotLeader), abi.StatusNotLeader},
		{context.Canceled, abi.StatusCanceled},
	} {
		link, err := kube.Connect(&rest.Config{Host: "http://localhost"}, fence.Open())
		if err != nil {
			t.Fatal(err)
		}
		client, err := link.As("test", func(http.RoundTripper) http.RoundTripper { return failing{test.cause} }).Client(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Write(t.Context(), abi.OpDelete, pods, &abi.WriteRequest{Namespace: "n", Name: "a"})
		if got, _ := kube.StatusOf(err); got != test.want {
			t.Errorf("StatusOf(%v): got %s, want %s", err, got, test.want)
		}
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }
