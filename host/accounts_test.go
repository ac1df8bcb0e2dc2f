// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/identity"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// TestAccountsHammer has many versions of few plugins come and go.
func TestAccountsHammer(t *testing.T) {
	registry := prometheus.NewRegistry()
	h, err := New(Options{
		Config: &rest.Config{Host: "http://127.0.0.1:1"}, ServiceAccountNamespace: "kube-system",
		Registerer: registry, Metrics: metric.New(registry), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
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
	registry := prometheus.NewRegistry()
	h, err := New(Options{
		Config: &rest.Config{Host: "http://127.0.0.1:1"}, ServiceAccountNamespace: "kube-system",
		Registerer: registry, Metrics: metric.New(registry), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
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
