// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/identity"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

const nowhere = "http://127.0.0.1:1"

// accountHost returns a host that does nothing by itself.
func accountHost(t *testing.T, api, namespace string, f *fence.Fence) *Host {
	t.Helper()
	registry := prometheus.NewRegistry()
	h, err := New(Options{
		Config: &rest.Config{Host: api, QPS: -1}, ServiceAccountNamespace: namespace, Fence: f,
		Registerer: registry, Metrics: metric.New(registry), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestAccountsAreFenced writes as the plugin of a standby, which has a token.
func TestAccountsAreFenced(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			_, _ = io.WriteString(w, `{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","status":{"token":"t"}}`)
		case r.Method == http.MethodGet:
			_, _ = io.WriteString(w, "{}")
		default:
			t.Errorf("a standby sent %s %s", r.Method, r.URL)
		}
	}))
	defer api.Close()
	for _, namespace := range []string{"", "kube-system"} {
		h := accountHost(t, api.URL, namespace, fence.New(fence.Options{Margin: time.Second}))
		one, err := h.accounts.acquire(h.plugin("web"), "")
		if err != nil {
			t.Fatal(err)
		}
		defer one.release()
		client, err := one.link.Client(nil)
		if err != nil {
			t.Fatal(err)
		}
		pods := kube.Target{Version: "v1", Resource: "pods", Kind: "Pod"}
		if _, err := client.Get(t.Context(), pods, "n", "a", ""); err != nil {
			t.Errorf("accounts in %q: read: got error %v, want none", namespace, err)
		}
		_, err = client.Write(t.Context(), abi.OpDelete, pods, &abi.WriteRequest{Namespace: "n", Name: "a"})
		if !errors.Is(err, fence.ErrNotLeader) {
			t.Errorf("accounts in %q: write: got error %v, want %v", namespace, err, fence.ErrNotLeader)
		}
	}
}

// TestAccountsHammer has many versions of few plugins come and go.
func TestAccountsHammer(t *testing.T) {
	h := accountHost(t, nowhere, "kube-system", nil)
	var versions sync.WaitGroup
	for i := range 8 {
		versions.Go(func() { // ends after its rounds
			p := h.plugin(fmt.Sprint("plugin-", i%2))
			for range 200 {
				one, err := h.accounts.acquire(p, "")
				if err != nil {
					t.Error(err)
					return
				}
				_, err = one.source.Token(t.Context()) // nobody listens
				if err == nil || one.source.Namespace != "kube-system" || one.source.Name != p.name {
					t.Errorf("account of %s: got error %v, want that it is in use and has no token", p.name, err)
				}
				one.release()
			}
		})
	}
	versions.Wait()
	if got := len(h.accounts.open); got != 0 {
		t.Errorf("open accounts: got %d, want none", got)
	}
}

// TestVersionsShareAnAccount follows one plugin over three versions.
func TestVersionsShareAnAccount(t *testing.T) {
	h := accountHost(t, nowhere, "kube-system", nil)
	p := h.plugin("web")
	acquire := func(serviceAccount string) *account {
		t.Helper()
		one, err := h.accounts.acquire(p, serviceAccount)
		if err != nil {
			t.Fatal(err)
		}
		return one
	}
	ended := func(a *account) bool {
		_, err := a.source.Token(t.Context())
		return errors.Is(err, identity.ErrClosed)
	}
	first := acquire("")
	second := acquire("web")
	if first != second {
		t.Error("two versions under one name have two accounts")
	}
	third := acquire("other")
	if third == second {
		t.Error("versions under two names have one account")
	}
	first.release()
	if ended(second) {
		t.Error("the account ended while the newer version has it")
	}
	second.release()
	if !ended(second) || ended(third) {
		t.Errorf("after the last of two versions: ended %t, and that of the third %t; want true and false", ended(second), ended(third))
	}
	third.release()
}
