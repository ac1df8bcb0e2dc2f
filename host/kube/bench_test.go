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
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

// podBody is what a ReplicationController sends, podAnswer about what comes back.
var (
	podBody   = []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"web-","namespace":"shop","labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"` + strings.Repeat("x", 480) + `"}]}}`)
	podAnswer = `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-abcde","namespace":"shop","uid":"0123","resourceVersion":"7"},"spec":{"x":"` + strings.Repeat("x", 1380) + `"}}`
)

// BenchmarkWrite has the costs of a write from the client's request to the
// answer, with connections, credentials and a fence as in production. A server
// that does next to nothing takes part in them.
func BenchmarkWrite(b *testing.B) {
	for _, bench := range []struct {
		name string
		op   abi.Operation
		w    abi.WriteRequest
	}{
		{"create", abi.OpCreate, abi.WriteRequest{Namespace: "shop", Body: podBody, FieldManager: "rc"}},
		{"status", abi.OpPatch, abi.WriteRequest{
			Namespace: "shop", Name: "web", Subresource: "status", FieldManager: "rc", Observed: 7,
			Body: []byte(`{"status":{"replicas":3,"readyReplicas":3,"observedGeneration":1}}`),
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			link := benchLink(b)
			client, err := link.Client(nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				w := bench.w
				if _, err := client.Write(b.Context(), bench.op, pods, &w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEvent has the costs of an event until the next one can be recorded.
func BenchmarkEvent(b *testing.B) {
	delivered := make(chan struct{})
	events, err := benchLink(b, delivered).Events(nil)
	if err != nil {
		b.Fatal(err)
	}
	defer events.Close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		events.Record(pods, &abi.Event{
			Namespace: "shop", Name: fmt.Sprint("web-", i), UID: fmt.Sprint(i), Version: uint64(i), Source: "rc",
			Reason: "SuccessfulCreate", Message: fmt.Sprint("Created pod: web-", i),
		})
		<-delivered
	}
}

// benchLink is a link to a server that says on delivered when it answers.
func benchLink(b *testing.B, delivered ...chan struct{}) *kube.Link {
	b.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, podAnswer)
		for _, c := range delivered {
			c <- struct{}{}
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	b.Cleanup(server.Close)
	f := fence.New(fence.Options{Margin: time.Hour})
	f.Extend(f.Now() + fence.Instant(time.Hour))
	b.Cleanup(f.Revoke)
	config := &rest.Config{Host: server.URL, BearerToken: "secret", Timeout: time.Minute}
	config.Insecure = true
	link, err := kube.Connect(config, f)
	if err != nil {
		b.Fatal(err)
	}
	return link.As("bench", func(next http.RoundTripper) http.RoundTripper {
		return transport.NewBearerAuthRoundTripper("of-the-plugin", next)
	})
}
