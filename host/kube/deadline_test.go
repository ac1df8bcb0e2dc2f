// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

// TestDeadlines: whatever the API server does, a call ends with its context.
// Without that the tests would not end.
func TestDeadlines(t *testing.T) {
	for _, c := range []struct {
		reason string
		answer func(w http.ResponseWriter)
	}{
		{"it does not answer", func(http.ResponseWriter) {}},
		{"it does not end its answer", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"kind":`))
			_ = http.NewResponseController(w).Flush()
		}},
		{"it is busy, and asks to come back later", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
			_ = http.NewResponseController(w).Flush()
		}},
	} {
		client := hanging(t, nil, c.answer)
		checkCanceled(t, c.reason, client, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 50*time.Millisecond)
		})
	}
}

// TestRateLimitEndsWithContext: waiting for the client's own rate limit ends
// with the context as well.
func TestRateLimitEndsWithContext(t *testing.T) {
	client := hanging(t, flowcontrol.NewTokenBucketRateLimiter(1e-6, 1), func(http.ResponseWriter) {})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, _ = client.Get(ctx, pods, "n", "a", "") // uses up the burst
	checkCanceled(t, "the rate limit holds it back", client, func() (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		return ctx, cancel
	})
}

func checkCanceled(t *testing.T, reason string, client *kube.Client, begin func() (context.Context, context.CancelFunc)) {
	t.Helper()
	for name, call := range map[string]func(context.Context) ([]byte, error){
		"Get":  func(ctx context.Context) ([]byte, error) { return client.Get(ctx, pods, "n", "a", "") },
		"List": func(ctx context.Context) ([]byte, error) { return client.List(ctx, pods, kube.ListOptions{}) },
		"Write": func(ctx context.Context) ([]byte, error) {
			return client.Write(ctx, abi.OpCreate, pods, &abi.WriteRequest{Namespace: "n", Body: []byte("{}")})
		},
	} {
		ctx, cancel := begin()
		_, err := call(ctx)
		cancel()
		if status, _ := kube.StatusOf(err); status != abi.StatusCanceled {
			t.Errorf("%s: %s: status %v, error %v, want %v", reason, name, status, err, abi.StatusCanceled)
		}
	}
}

// hanging is a client of a server that begins an answer and never ends it.
func hanging(t *testing.T, limiter flowcontrol.RateLimiter, answer func(http.ResponseWriter)) *kube.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	link, err := kube.Connect(&rest.Config{Host: server.URL}, fence.Open())
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.Client(limiter)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
