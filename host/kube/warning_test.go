// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

func TestWarnOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Warning", `299 - "`+r.URL.Path+` is deprecated"`)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"kind":"Thing","apiVersion":"v1","metadata":{"name":"a"}}`))
	}))
	defer server.Close()
	var log bytes.Buffer
	config := kube.WarnOnce(&rest.Config{Host: server.URL}, slog.New(slog.NewTextHandler(&log, nil)))
	link, err := kube.Connect(config, fence.Open())
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.Client(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, resource := range []string{"olds", "olds", "elders", "olds"} {
		if _, err := client.Get(t.Context(), kube.Target{Version: "v1", Resource: resource, Kind: "Thing"}, "", "a", ""); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		w := abi.WriteRequest{Name: "a"}
		if _, err := client.Write(t.Context(), abi.OpDelete, kube.Target{Version: "v1", Resource: "oldest", Kind: "Thing"}, &w); err != nil {
			t.Fatal(err)
		}
	}
	for _, resource := range []string{"olds", "elders", "oldest"} {
		if got := strings.Count(log.String(), "/api/v1/"+resource+"/a is deprecated"); got != 1 {
			t.Errorf("warnings about %s in the log: got %d, want 1:\n%s", resource, got, log.String())
		}
	}
	if kept := kube.WarnOnce(config, nil); kept != config {
		t.Error("a config with a handler: got another config, want the same")
	}
}
