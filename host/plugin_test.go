// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/fair"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// TestStatusDoesNotWaitForAController removes a plugin whose controller takes
// its time to drain. Meanwhile there is a status.
func TestStatusDoesNotWaitForAController(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logger := slog.New(slog.DiscardHandler)
		h := &Host{
			Options: Options{Logger: logger, DrainTimeout: time.Hour, Config: &rest.Config{}},
			metrics: metric.New(nil), custom: metric.NewCustom(prometheus.NewRegistry()),
			crew: newCrew(logger), plugins: map[string]*plugin{}, gate: fair.NewGate(1),
		}
		release := make(chan struct{})
		p := h.plugin("slow")
		c := h.newController(p, &abi.Controller{Name: "slow"}, defaultConcurrency, control.ReconcilerFunc(func(context.Context, control.Attempt) control.Outcome {
			<-release
			return control.Outcome{}
		}))
		p.set("slow", c)
		h.crew.join(c.Controller)
		ctx, stop := context.WithCancel(t.Context())
		led := make(chan struct{})
		go func() { // ends by stop, waited for below
			h.crew.run(ctx)
			close(led)
		}()
		c.Add(control.Key{Name: "a"})
		synctest.Wait()

		removed := make(chan struct{})
		go func() { // ends when the controller has drained
			h.Remove(ctx, "slow")
			close(removed)
		}()
		synctest.Wait()
		if !p.mu.TryLock() {
			t.Fatal("mu is held while a controller drains: /statusz would wait")
		}
		p.mu.Unlock()
		if status := p.status(); len(status.Controllers) != 1 {
			t.Errorf("status = %+v, want the plugin with its controller", status)
		}
		close(release)
		<-removed
		stop()
		<-led
	})
}
