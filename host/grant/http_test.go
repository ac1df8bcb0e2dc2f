// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

func endpoint(t *testing.T, text string) grant.Endpoint {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	e, err := grant.EndpointOf(u)
	if err != nil {
		t.Fatalf("EndpointOf(%s): %v", text, err)
	}
	return e
}

func TestEndpointOf(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://api.example.com/v1?x=1#y", "https://api.example.com"},
		{"HTTPS://API.Example.COM:443", "https://api.example.com"},
		{"https://api.example.com:8443/", "https://api.example.com:8443"},
		{"https://api.example.com:/", "https://api.example.com"},
		{"https://api.example.com:0443/", "https://api.example.com"},
		{"http://api.example.com", "http://api.example.com"},
		{"http://api.example.com:443", "http://api.example.com:443"},
		{"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
		{"https://localhost", "https://localhost"},
		{"https://under_score.example", "https://under_score.example"},
		{"https://192.0.2.1", "https://192.0.2.1"},
		{"https://[2001:DB8:0::1]:8443/", "https://[2001:db8::1]:8443"},
		{"https://[::ffff:192.0.2.1]/", "https://192.0.2.1"},
		{"https://[::ffff:c000:201]/", "https://192.0.2.1"},
	} {
		if got := endpoint(t, c.url).String(); got != c.want {
			t.Errorf("EndpointOf(%s) = %s, want %s", c.url, got, c.want)
		}
	}
}

func TestEndpointOfRefuses(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"", "absolute URL"},
		{"/path", "absolute URL"},
		{"//granted.example/", "absolute URL"},
		{"granted.example", "absolute URL"},
		{"ftp://granted.example/", "absolute URL"},
		{"file:///etc/passwd", "absolute URL"},
		{"https:granted.example", "//"},
		{"https:///path", "expected a host"},
		{"https://:443/", "expected a host"},
		{"http://granted.example@evil.example/", "user information"},
		{"https://user:password@granted.example/", "user information"},
		{"https://@granted.example/", "user information"},
		{"https://granted.example%40evil.example/", ""},
		{"https://granted.example\\@evil.example/", ""},
		{"https://granted.example /", ""},
		{"https://granted.example\x00.evil.example/", ""},
		{"https://granted.example%00.evil.example/", ""},
		{"https://granted.example./", "no dot at the end"},
		{"https://granted..example/", "between dots"},
		{"https://.granted.example/", "between dots"},
		{"https://gränted.example/", "xn--"},
		{"https://gr%C3%A4nted.example/", "xn--"},
		{"https://ⓖranted.example/", "xn--"},
		{"https://granted。example/", "xn--"},
		{"https://granted.example:0/", "port"},
		{"https://granted.example:65536/", "port"},
		{"https://granted.example:-1/", ""},
		{"https://granted.example:https/", ""},
		{"https://[fe80::1%25eth0]/", "zone"},
		{"https://[::1]evil/", ""},
		{"https://[granted.example]/", ""},
		{"https://2130706433/", "usual form"},
		{"https://0x7f000001/", "usual form"},
		{"https://0x7f.1/", "usual form"},
		{"https://0177.0.0.1/", "usual form"},
		{"https://127.1/", "usual form"},
		{"https://1.0x/", "usual form"},
		{"https://" + strings.Repeat("a", 64) + ".example/", "63"},
		{"https://" + strings.Repeat("a.", 127) + "aa/", "253"},
	} {
		u, err := url.Parse(c.url)
		var e grant.Endpoint
		if err == nil {
			e, err = grant.EndpointOf(u)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("EndpointOf(%q) = %s, %v; want an error with %q", c.url, e, err, c.want)
		}
	}
}

func TestAllowsHTTP(t *testing.T) {
	rules := []grant.HTTP{
		{Hosts: []string{"api.example.com", "*.example.org", "Port.example.com:8443"}},
		{Hosts: []string{"hooks.example.com"}, Methods: []string{"POST"}},
		{Hosts: []string{"plain.example.com", "both.example.com:8080", "127.0.0.1:9090", "[::1]", "localhost:7070"}, Plain: true},
		{Hosts: []string{"*:9999", "*.localhost:9999"}},
		{Hosts: []string{"ports.example.com:*", "[2001:db8::1]:*"}},
		{Hosts: []string{"bad host", "*.0.0.1", "bad.example.com:"}, Plain: true},
	}
	for _, c := range []struct {
		reason, method, url string
		want                bool
	}{
		{"the name", "GET", "https://api.example.com/", true},
		{"HEAD is granted with GET", "HEAD", "https://api.example.com/", true},
		{"another method", "POST", "https://api.example.com/", false},
		{"a method in other letters is another", "get", "https://api.example.com/", false},
		{"another port", "GET", "https://api.example.com:8443/", false},
		{"a name below it", "GET", "https://x.api.example.com/", false},
		{"a name above it", "GET", "https://example.com/", false},
		{"a name that ends like it", "GET", "https://evilapi.example.com/", false},
		{"without TLS", "GET", "http://api.example.com/", false},
		{"without TLS, on the port of TLS", "GET", "http://api.example.com:443/", false},
		{"below a wildcard", "GET", "https://a.example.org/", true},
		{"deep below a wildcard", "GET", "https://a.b.example.org/", true},
		{"the name of a wildcard itself", "GET", "https://example.org/", false},
		{"a name that ends like a wildcard", "GET", "https://evilexample.org/", false},
		{"the port", "GET", "https://port.example.com:8443/", true},
		{"not the port", "GET", "https://port.example.com/", false},
		{"the method", "POST", "https://hooks.example.com/", true},
		{"named methods are all there are", "GET", "https://hooks.example.com/", false},
		{"plain", "GET", "http://plain.example.com/", true},
		{"plain also with TLS", "GET", "https://plain.example.com/", true},
		{"plain on the port of TLS", "GET", "http://plain.example.com:443/", false},
		{"plain and TLS on one port", "GET", "https://both.example.com:8080/", true},
		{"an address", "GET", "http://127.0.0.1:9090/", true},
		{"an address in another spelling", "GET", "http://[::ffff:127.0.0.1]:9090/", true},
		{"another address", "GET", "http://127.0.0.2:9090/", false},
		{"an IPv6 address", "GET", "http://[::1]/", true},
		{"a name of this machine", "GET", "http://localhost:7070/", true},
		{"a wildcard reaches every name", "GET", "https://any.example:9999/", true},
		{"a wildcard reaches no address", "GET", "https://192.0.2.1:9999/", false},
		{"a wildcard reaches no name of this machine", "GET", "https://localhost:9999/", false},
		{"nor one below", "GET", "https://x.localhost:9999/", false},
		{"every port", "GET", "https://ports.example.com:12345/", true},
		{"every port of an address", "GET", "https://[2001:db8::1]:1/", true},
		{"every port of another name", "GET", "https://port.example.com:1/", false},
		{"every port, without TLS", "GET", "http://ports.example.com:80/", false},
		{"a rule that is none allows nothing", "GET", "http://127.0.0.1/", false},
	} {
		if got := grant.AllowsHTTP(rules, c.method, endpoint(t, c.url)); got != c.want {
			t.Errorf("%s: AllowsHTTP(%s %s) = %t, want %t", c.reason, c.method, c.url, got, c.want)
		}
	}
	if grant.AllowsHTTP(nil, "GET", endpoint(t, "https://api.example.com")) {
		t.Error("no rules allow something")
	}
}

func TestWantsHTTP(t *testing.T) {
	wants := []grant.HTTP{{Hosts: []string{"*:8443"}, Plain: true}}
	for url, want := range map[string]bool{
		"https://api.example.com:8443": true, "https://192.0.2.1:8443": true, "http://localhost:8443": true,
		"https://api.example.com": false,
	} {
		if got := grant.WantsHTTP(wants, "GET", endpoint(t, url)); got != want {
			t.Errorf("WantsHTTP(%s) = %t, want %t", url, got, want)
		}
	}
}

func TestProblemsOfHTTP(t *testing.T) {
	good := grant.HTTP{
		Hosts:   []string{"a.example", "*.example", "*", "*:8443", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80", "localhost", "localhost:*", "*:*"},
		Methods: []string{"GET", "PROPFIND"},
	}
	if problems := good.Problems("good"); problems != nil {
		t.Errorf("Problems = %v, want none", problems)
	}
	bad := grant.HTTP{
		Hosts: []string{"", "https://a.example", "a.example/path", "a.example:", "a.example:0", "a.*.example", "*a.example", "**",
			"*.192.0.2.1", "*.0.2.1", "::1", "[::1", "[192.0.2.1]", "[fe80::1%eth0]", "a.example.", "ä.example", "user@a.example", "*.", "*.*", "a.example:**", "a.example:8*"},
		Methods: []string{"get", "", "CONNECT", "TRACE", "GET,POST"},
	}
	problems := bad.Problems("grants.http[3]")
	if got, want := len(problems), len(bad.Hosts)+len(bad.Methods); got != want {
		t.Fatalf("got %d problems, want %d:\n%v", got, want, problems)
	}
	if want := `grants.http[3].hosts[1]: got "https://a.example"`; !strings.Contains(problems[1].Error(), want) {
		t.Errorf("the second problem is %v, want %s", problems[1], want)
	}
	if problems := (&grant.HTTP{}).Problems("empty"); problems == nil {
		t.Error("a rule without hosts is valid")
	}
}
