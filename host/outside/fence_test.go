// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/outside"
)

// TestFence: what may change something is not sent by a process that may not
// lead, and is not waited for when it no longer may.
func TestFence(t *testing.T) {
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodPost:
			<-r.Context().Done() // the client hangs up
		default:
			t.Errorf("the server got %s %s", r.Method, r.URL)
		}
	})
	f := fence.New(fence.Options{Margin: time.Second})
	c := newClient(t, server, outside.Options{Fence: f})
	for _, method := range []string{"GET", "HEAD"} {
		if _, err := c.Do(t.Context(), &abi.HTTPRequest{Method: method, URL: server.URL}, anything); err != nil {
			t.Errorf("%s without the lease: %v", method, err)
		}
	}
	for _, method := range []string{"DELETE", "PATCH", "OPTIONS", "PROPFIND"} {
		_, err := c.Do(t.Context(), &abi.HTTPRequest{Method: method, URL: server.URL}, anything)
		fails(t, method+" without the lease", err, abi.StatusNotLeader, "does not lead")
	}

	f.Extend(f.Now() + fence.Instant(200*time.Millisecond))
	_, err := c.Do(t.Context(), &abi.HTTPRequest{Method: "POST", URL: server.URL}, anything)
	fails(t, "a POST that outlasts the lease", err, abi.StatusNotLeader, "does not lead")
}
