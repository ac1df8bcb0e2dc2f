// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/outside"
)

// redirector redirects to where the query says, with its code, until there is
// no query, and notes what it gets.
type redirector struct {
	*httptest.Server
	seen []string
}

func newRedirector(t *testing.T) *redirector {
	r := &redirector{}
	r.Server = serve(t, func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		var secrets []string
		for _, name := range []string{"Authorization", "X-Api-Key", "Cookie", "Referer", "Accept"} {
			if value := request.Header.Get(name); value != "" {
				secrets = append(secrets, name+"="+value)
			}
		}
		r.seen = append(r.seen, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", request.Method, request.URL.Path, strings.Join(secrets, ","), body)))
		if to := request.URL.Query().Get("to"); to != "" {
			code, _ := strconv.Atoi(request.URL.Query().Get("code"))
			w.Header().Set("Location", to)
			w.WriteHeader(code)
		}
	})
	return r
}

// via returns a URL of r that redirects to another.
func (r *redirector) via(path string, code int, to string) string {
	return fmt.Sprintf("%s%s?code=%d&to=%s", r.URL, path, code, urlEscaper.Replace(to))
}

var urlEscaper = strings.NewReplacer("%", "%25", "&", "%26", "?", "%3f", "#", "%23", "+", "%2b", " ", "%20")

var secretHeaders = []abi.Pair{
	{Key: "Authorization", Value: "bearer"}, {Key: "X-Api-Key", Value: "key"}, {Key: "Cookie", Value: "c"}, {Key: "Accept", Value: "json"},
}

func TestRedirects(t *testing.T) {
	a, b := newRedirector(t), newRedirector(t)
	const all, safe = "Authorization=bearer,X-Api-Key=key,Cookie=c,Accept=json", "Accept=json"
	for _, test := range []struct {
		reason  string
		request abi.HTTPRequest
		a, b    []string // what the servers get
	}{
		{"to the same server everything goes along", abi.HTTPRequest{URL: a.via("/1", 302, "/2")},
			[]string{"GET /1 " + all, "GET /2 " + all}, nil},
		{"to another no credentials, and none when it sends the client back", abi.HTTPRequest{URL: a.via("/1", 302, b.via("/2", 302, a.URL+"/3"))},
			[]string{"GET /1 " + all, "GET /3 " + safe}, []string{"GET /2 " + safe}},
		{"a POST that is found is a GET", abi.HTTPRequest{Method: "POST", URL: a.via("/1", 302, "/2"), Body: []byte("body")},
			[]string{"POST /1 " + all + " body", "GET /2 " + all}, nil},
		{"a POST that is redirected stays one", abi.HTTPRequest{Method: "POST", URL: a.via("/1", 307, b.URL+"/2"), Body: []byte("body")},
			[]string{"POST /1 " + all + " body"}, []string{"POST /2 " + safe + " body"}},
		{"to the same server in another spelling", abi.HTTPRequest{URL: a.via("/1", 308, strings.Replace(a.URL, "https://127.0.0.1:", "HTTPS://127.0.0.1:0", 1)+"/2")},
			[]string{"GET /1 " + all, "GET /2 " + all}, nil},
	} {
		a.seen, b.seen = nil, nil
		test.request.Headers = secretHeaders
		answer, err := newClient(t, a.Server, outside.Options{}).Do(t.Context(), &test.request, anything)
		if err != nil || answer.Status != 200 {
			t.Errorf("%s: got %v, %v, want the last answer", test.reason, answer, err)
		}
		if diff := cmp.Diff(test.a, a.seen); diff != "" {
			t.Errorf("%s: the first server got (-want +got):\n%s", test.reason, diff)
		}
		if diff := cmp.Diff(test.b, b.seen); diff != "" {
			t.Errorf("%s: the second server got (-want +got):\n%s", test.reason, diff)
		}
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	a, b := newRedirector(t), newRedirector(t)
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the plain server got a request") }))
	defer plain.Close()
	// What is granted is the first server, with GET alone to /2 of it.
	check := func(method string, to grant.Endpoint) error {
		if to.String() != a.URL || method == "PUT" && len(a.seen) > 0 {
			return &outside.Error{Status: abi.StatusDenied, Message: method + " " + to.String() + " is not granted"}
		}
		return nil
	}
	port := a.URL[strings.LastIndexByte(a.URL, ':'):]
	for _, test := range []struct {
		reason, method, to string
		code               int
		status             abi.Status
		want               string
	}{
		{"to another server", "GET", b.URL, 302, abi.StatusDenied, "redirect: GET " + b.URL + " is not granted"},
		{"to another name of the same server", "GET", "https://localhost" + port, 301, abi.StatusDenied, "is not granted"},
		{"to another server, without a scheme", "GET", strings.TrimPrefix(b.URL, "https:"), 303, abi.StatusDenied, "is not granted"},
		{"without TLS", "GET", plain.URL, 302, abi.StatusDenied, "redirect: GET " + plain.URL + " is not granted"},
		{"with a method that is not granted there", "PUT", "/2", 307, abi.StatusDenied, "redirect: PUT"},
		{"with user information", "GET", strings.Replace(a.URL, "//", "//user:password@", 1), 302, abi.StatusUnavailable, "user information"},
		{"to a granted name that is user information", "GET", strings.Replace(b.URL, "//", "//127.0.0.1"+port+"@", 1), 302, abi.StatusUnavailable, "user information"},
		{"to a file", "GET", "file:///etc/passwd", 302, abi.StatusUnavailable, "absolute URL"},
		{"to a zone", "GET", "https://[fe80::1%25lo]/", 302, abi.StatusUnavailable, "zone"},
		{"to an old spelling of an address", "GET", "https://0x7f.1" + port, 302, abi.StatusUnavailable, "usual form"},
		{"to what is no URL", "GET", "https://[::1", 302, abi.StatusUnavailable, "Location"},
	} {
		a.seen, b.seen = nil, nil
		request := &abi.HTTPRequest{Method: test.method, URL: a.via("/1", test.code, test.to)}
		_, err := newClient(t, a.Server, outside.Options{}).Do(t.Context(), request, check)
		fails(t, test.reason, err, test.status, test.want)
		if len(a.seen) != 1 || len(b.seen) != 0 {
			t.Errorf("%s: the first server got %q, the second %q; want one request", test.reason, a.seen, b.seen)
		}
	}
}

func TestRedirectLoop(t *testing.T) {
	requests, checks := 0, 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	})
	_, err := newClient(t, server, outside.Options{}).Do(t.Context(), &abi.HTTPRequest{URL: server.URL}, func(string, grant.Endpoint) error {
		checks++
		return nil
	})
	fails(t, "a loop", err, abi.StatusUnavailable, "more than 10 redirects")
	if requests != 11 || checks != 11 {
		t.Errorf("the server got %d requests and %d were checked, want 11", requests, checks)
	}
}
