// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

// httpRule makes a rule of words: "plain GET,POST a.example *.b.example".
func httpRule(text string) (h abi.HTTP) {
	for word := range strings.FieldsSeq(text) {
		switch {
		case word == "plain":
			h.Plain = true
		case strings.ToUpper(word) == word && strings.Trim(word, "*:0123456789.") != "":
			h.Methods = strings.Split(word, ",")
		default:
			h.Hosts = append(h.Hosts, word)
		}
	}
	return h
}

// granted grants what a module wants.
func granted(h abi.HTTP) grant.HTTP {
	return grant.HTTP{Hosts: h.Hosts, Methods: h.Methods, Plain: h.Plain}
}

// TestOptionalHTTP: a module may do without a server, and is still denied it.
func TestOptionalHTTP(t *testing.T) {
	want := httpRule("hooks.example")
	want.Optional = true
	p := grant.NewPolicy("web", &abi.Description{HTTP: []abi.HTTP{want}}, grant.Grants{})
	if missing := p.Missing(); !missing.Empty() {
		t.Errorf("missing: got %s, want nothing", missing.String())
	}
	if p.AllowHTTP("GET", endpoint(t, "https://hooks.example/")) == nil {
		t.Error("a call of a server that is not granted: got no denial")
	}
}

// TestUnmetHTTP: a wish of which a part is granted is one that the plugin
// can work with.
func TestUnmetHTTP(t *testing.T) {
	tests := []struct {
		wanted, granted string
		met             bool
	}{
		{"a.example", "a.example", true},
		{"a.example", "b.example", false},
		{"a.example", "*.example", true},
		{"a.example", "*.a.example", false},
		{"a.example", "*", true},
		{"192.0.2.1", "*", false},
		{"localhost", "*", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"*", "192.0.2.1", true},
		{"*", "a.example", true},
		{"*.example", "a.example", true},
		{"*.example", "example", false},
		{"*.a.example", "*.example", true},
		{"*.example", "*.a.example", true},
		{"*.a.example", "*.b.example", false},
		{"*.a.example", "*.a.example", true},
		{"*.ba.example", "*.a.example", false},
		{"a.example:8443", "a.example", false},
		{"a.example:443", "a.example", true},
		{"plain a.example", "plain a.example:80", true},
		{"a.example:80", "plain a.example", false},
		{"plain a.example", "a.example", true},
		{"*:*", "a.example:8443", true},
		{"a.example:*", "plain a.example:80", true},
		{"a.example:8443", "*:*", true},
		{"a.example:*", "b.example:*", false},
		{"POST a.example", "a.example", false},
		{"HEAD,POST a.example", "a.example", true},
		{"a.example", "POST,HEAD a.example", true},
		{"a.example b.example", "b.example", true},
	}
	for _, test := range tests {
		d := &abi.Description{HTTP: []abi.HTTP{httpRule(test.wanted)}}
		g := grant.Grants{HTTP: []grant.HTTP{granted(httpRule(test.granted))}}
		if missing := grant.NewPolicy("web", d, g).Missing(); missing.Empty() != test.met {
			t.Errorf("%s wanted, %s granted: got %s missing, want it met: %t", test.wanted, test.granted, missing, test.met)
		}
	}
}

func TestAllowHTTP(t *testing.T) {
	d := &abi.Description{HTTP: []abi.HTTP{httpRule("*.example"), httpRule("plain POST hooks.example")}}
	g := grant.Grants{HTTP: []grant.HTTP{granted(httpRule("api.example")), granted(httpRule("plain DELETE,POST hooks.example api.example"))}}
	p := grant.NewPolicy("web", d, g)
	for _, test := range []struct{ method, url, want string }{
		{"GET", "https://api.example/x", ""},
		{"POST", "http://hooks.example/x", ""},
		{"GET", "https://other.example/x", `GET https://other.example: grant missing: {http: [{hosts: ["other.example"], methods: ["GET"]}]}`},
		{"POST", "http://hooks.example:8080", `POST http://hooks.example:8080: the module does not ask for it in http`},
		{"DELETE", "https://api.example", `DELETE https://api.example: the module does not ask for it in http`},
	} {
		expect(t, p.AllowHTTP(test.method, endpoint(t, test.url)), test.want)
	}
}
