// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"net/url"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// FuzzEndpointOf reads arbitrary URLs: an endpoint is the same when it is read
// again from its own text, and a rule that names it allows it and not the
// endpoint on the next port.
func FuzzEndpointOf(f *testing.F) {
	for _, seed := range []string{
		"https://api.example.com:8443/a?b#c", "HTTP://[::FFFF:192.0.2.1]", "https://[2001:db8::1%25eth0]:1/", "https://a@b",
		"https://xn--bcher-kva.example", "https://0x7f.1", "https://a.b.:0", "//a", "https:a", "http://LOCALHOST:80",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil {
			return
		}
		e, err := grant.EndpointOf(u)
		if err != nil {
			return
		}
		if again := endpoint(t, e.String()); again != e {
			t.Fatalf("EndpointOf(%q) = %+v, and of its text %s %+v", text, e, e, again)
		}
		g := grant.Grants{HTTP: []grant.HTTP{{Hosts: []string{e.Authority()}, Plain: e.Plain}}}
		if problems := g.Problems(""); problems != nil || !grant.AllowsHTTP(g.HTTP, "GET", e) {
			t.Fatalf("a rule for %s does not allow it: %v", e.Authority(), problems)
		}
		next := e
		if next.Port++; grant.AllowsHTTP(g.HTTP, "GET", next) {
			t.Fatalf("a rule for %s allows %s", e.Authority(), next)
		}
	})
}
