// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/rest"
)

// refusing is the transport to an API server that is not there.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }

// TestStopWhileAway: a set stops at once, however long the API server has been
// away and the next attempt is to wait.
func TestStopWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSet(Options{Config: &rest.Config{Host: "http://localhost", Transport: refusing{}}, Logger: testLogger(t)})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }() // ends by stop
		synctest.Wait()
		open(t, s, ViewOptions{Projection: shape(t, "{spec{nodeName string}}"), Plugin: "p"})
		pause(t.Context(), 5*time.Minute)
		stop()
		began := time.Now()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the set stopped after %v, want at once", took)
		}
	})
}
