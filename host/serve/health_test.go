// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHealth(t *testing.T) {
	broken := true
	checks := func() []Check {
		return []Check{
			NewCheck("plugins/web", func(*http.Request) error {
				if broken {
					return errors.New("not compiled")
				}
				return nil
			}),
			NewCheck("cache", func(*http.Request) error { return nil }),
			limping{},
		}
	}
	handler := New(DefaultOptions(), Config{Readyz: checks}).handler()
	for _, c := range []struct {
		url    string
		broken bool
		status int
		body   string
	}{
		{"/readyz", false, 200, "ok"},
		{"/readyz?verbose", false, 200, "[+]ping ok\n[+]plugins/web ok\n[+]cache ok\n[+]plugins/poor ok: limping\nreadyz check passed\n"},
		{"/readyz", true, 500, "[+]ping ok\n[-]plugins/web failed: reason withheld\n[+]cache ok\n[+]plugins/poor ok: limping\nreadyz check failed\n"},
		{"/readyz?exclude=plugins/web", true, 200, "ok"},
		{"/readyz?verbose&exclude=plugins/web&exclude=typo", true, 200,
			"[+]ping ok\n[+]plugins/web excluded: ok\n[+]cache ok\n[+]plugins/poor ok: limping\nwarn: some health checks cannot be excluded: no matches for [\"typo\"]\nreadyz check passed\n"},
		{"/readyz/cache", true, 200, "ok"},
		{"/readyz/plugins/poor", true, 200, "ok: limping"},
		{"/readyz/plugins/web", true, 500, "internal server error: not compiled\n"},
		{"/readyz/typo", true, 404, "there is no check \"typo\"\n"},
		{"/livez", true, 200, "ok"},
		{"/healthz/ping", true, 200, "ok"},
	} {
		broken = c.broken
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.url, nil))
		if w.Code != c.status {
			t.Errorf("GET %s, broken: %v = %d, want %d", c.url, c.broken, w.Code, c.status)
		}
		if diff := cmp.Diff(c.body, w.Body.String()); diff != "" {
			t.Errorf("GET %s, broken: %v: -want +got:\n%s", c.url, c.broken, diff)
		}
	}
}

// limping is a check that passes with a remark.
type limping struct{}

func (limping) Name() string              { return "plugins/poor" }
func (limping) Check(*http.Request) error { return nil }
func (limping) Remark() string            { return "limping" }
