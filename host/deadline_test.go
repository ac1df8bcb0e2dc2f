// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// TestEndlessReconcile lets a Go guest loop for ever for one key: it is stopped
// after the time that the plugin's file gives it, again and again, with as many
// instances as the file allows, while all other keys are reconciled.
func TestEndlessReconcile(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	writeFile(t, filepath.Join(folder, "stamp.yaml"), []byte(hosttest.GrantAll+"limits: {reconcileTimeout: 300ms, instances: 2}\n"))
	s := start(t, plane, folder)
	s.create(namespace, "endless")
	for i := range 30 {
		s.create(namespace, fmt.Sprintf("object-%d", i))
	}
	s.logged("name=endless", "failures=1", "wcm_reconcile stopped: still running after", "(reconcileTimeout)", "fuel=", "stack=")
	s.stamped(namespace, "1", "endless")
	for name, least := range map[string]float64{
		"controller_runtime_reconcile_timeouts_total": 2,
		"wcm_guest_traps_total":                       2,
		"wcm_guest_fuel_total":                        1e6,
		"wcm_reconcile_fuel_total":                    1e6,
	} {
		if got := s.counter(name); got < least {
			t.Errorf("%s: got %v, want %v at least", name, got, least)
		}
	}
	if got := s.counter("wcm_instances"); got > 2 {
		t.Errorf("wcm_instances: got %v, want no more than 2", got)
	}
}

// TestSlowAPIServer lets a write hang: it ends with the time of its reconcile,
// and the guest, which returns then, lives on.
func TestSlowAPIServer(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	writeFile(t, filepath.Join(folder, "stamp.yaml"), []byte(hosttest.GrantAll+"limits: {reconcileTimeout: 300ms}\n"))
	s := start(t, plane, folder, func(o *host.Options) {
		o.Config = rest.CopyConfig(o.Config)
		o.Config.Wrap(func(next http.RoundTripper) http.RoundTripper { return tar{next} })
	})
	s.create(namespace, "hanging")
	s.create(namespace, "object")
	s.logged("name=hanging", "failures=1", "status=canceled", "trap=false")
	s.stamped(namespace, "1", "hanging")
}

// tar holds patches of one object fast until they are given up.
type tar struct{ next http.RoundTripper }

func (t tar) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/hanging") {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return t.next.RoundTrip(r)
}
