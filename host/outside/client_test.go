// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/outside"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// anything is a check that allows everything.
func anything(string, grant.Endpoint) error { return nil }

// serve runs a TLS server until the test ends.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that hang up
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// newClient returns a client that believes the server's certificate.
func newClient(t *testing.T, server *httptest.Server, o outside.Options) *outside.Client {
	t.Helper()
	if server != nil && server.Certificate() != nil {
		o.RootCAs = x509.NewCertPool()
		o.RootCAs.AddCert(server.Certificate())
	}
	c := outside.New(o)
	t.Cleanup(c.Close)
	return c
}

// fails checks that a request failed with the status and a part of the message.
func fails(t *testing.T, reason string, err error, status abi.Status, message string) {
	t.Helper()
	failure, ok := errors.AsType[*outside.Error](err)
	if !ok || failure.Status != status || !strings.Contains(failure.Message, message) {
		t.Errorf("%s: got error %v (%+v), want %s with %q", reason, err, failure, status, message)
	}
}

func TestDo(t *testing.T) {
	type seen struct {
		Method, URI, Host, Body string
		Header                  http.Header
	}
	var got seen
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Method, r.RequestURI, r.Host, string(body), r.Header}
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=\xff")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("\x00\xffgone"))
	})
	host := strings.TrimPrefix(server.URL, "https://")
	c := newClient(t, server, outside.Options{UserAgent: "wcm"})
	for _, test := range []struct {
		reason  string
		request abi.HTTPRequest
		want    seen
		body    string
	}{
		{
			"everything that a guest can say",
			abi.HTTPRequest{Method: "POST", URL: server.URL + "/a%2Fb?q=1%20&r=ä#fragment", Body: []byte("hello"), Headers: []abi.Pair{
				{Key: "x-twice", Value: "1"}, {Key: "X-TWICE", Value: "2"}, {Key: "user-agent", Value: "me"}, {Key: "Cookie", Value: "c=1"},
			}},
			seen{"POST", "/a%2Fb?q=1%20&r=ä", host, "hello", http.Header{
				"Content-Length": {"5"}, "Cookie": {"c=1"}, "User-Agent": {"me"}, "X-Twice": {"1", "2"},
			}},
			"\x00\xffgone",
		},
		{
			"as little as it can, with the host in another spelling",
			abi.HTTPRequest{URL: "HTTPS://[::ffff:127.0.0.1]:0" + host[strings.LastIndexByte(host, ':')+1:]},
			seen{"GET", "/", host, "", http.Header{"User-Agent": {"wcm"}}},
			"\x00\xffgone",
		},
		{
			"an answer without a body",
			abi.HTTPRequest{Method: "HEAD", URL: server.URL},
			seen{"HEAD", "/", host, "", http.Header{"User-Agent": {"wcm"}}},
			"",
		},
	} {
		answer, err := c.Do(t.Context(), &test.request, anything)
		if err != nil {
			t.Fatalf("%s: %v", test.reason, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: the server got (-want +got):\n%s", test.reason, diff)
		}
		headers := []abi.Pair{
			{Key: "Content-Length", Value: "6"}, {Key: "Content-Type", Value: "text/plain"}, {Key: "Set-Cookie", Value: "a=1"}, {Key: "Set-Cookie", Value: "b=\uFFFD"},
		}
		want := &abi.HTTPResponse{Status: 404, Headers: headers, Body: []byte(test.body)}
		if diff := cmp.Diff(want, answer); diff != "" {
			t.Errorf("%s: the answer (-want +got):\n%s", test.reason, diff)
		}
	}
}

func TestBadRequests(t *testing.T) {
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the server got %s %s", r.Method, r.RequestURI) })
	c := newClient(t, server, outside.Options{})
	good := func(change func(*abi.HTTPRequest)) abi.HTTPRequest {
		r := abi.HTTPRequest{URL: server.URL}
		change(&r)
		return r
	}
	header := func(name, value string) abi.HTTPRequest {
		return good(func(r *abi.HTTPRequest) { r.Headers = []abi.Pair{{Key: name, Value: value}} })
	}
	for _, test := range []struct {
		reason  string
		request abi.HTTPRequest
		want    string
	}{
		{"no URL", abi.HTTPRequest{}, "absolute URL"},
		{"a URL that is none", abi.HTTPRequest{URL: "https://[::1"}, "url: missing ']'"},
		{"user information", abi.HTTPRequest{URL: strings.Replace(server.URL, "//", "//user@", 1)}, "user information"},
		{"a second line in the URL", abi.HTTPRequest{URL: server.URL + "/?a HTTP/1.1\r\nX: y"}, "spaces and control characters"},
		{"a space in the query", abi.HTTPRequest{URL: server.URL + "/?a b"}, "spaces and control characters"},
		{"a URL without end", abi.HTTPRequest{URL: server.URL + "/" + strings.Repeat("a", 8<<10)}, "at most 8192"},
		{"a method in small letters", good(func(r *abi.HTTPRequest) { r.Method = "get" }), `method "get"`},
		{"a method of two words", good(func(r *abi.HTTPRequest) { r.Method = "GET /" }), "method"},
		{"a tunnel", good(func(r *abi.HTTPRequest) { r.Method = "CONNECT" }), "method"},
		{"an echo", good(func(r *abi.HTTPRequest) { r.Method = "TRACE" }), "method"},
		{"no name", header("", "x"), "header"},
		{"a name with a colon", header("a:b", "x"), "header"},
		{"a name with a line", header("a\r\nb", "x"), "header"},
		{"a name in other letters", header("ä", "x"), "header"},
		{"a value of two lines", header("A", "x\r\nB: y"), "header A: expected a value"},
		{"a value with a zero", header("A", "\x00"), "header A"},
		{"the host", header("host", "evil.example"), "header Host: is the host's to set"},
		{"the length", header("Content-Length", "1"), "header Content-Length"},
		{"the encoding of the transfer", header("transfer-encoding", "chunked"), "header Transfer-Encoding"},
		{"the connection", header("Connection", "close"), "header Connection"},
		{"another protocol", header("Upgrade", "websocket"), "header Upgrade"},
		{"a proxy", header("Proxy-Authorization", "x"), "header Proxy-Authorization"},
		{"trailers", header("TE", "trailers"), "header Te"},
		{"100-continue", header("Expect", "100-continue"), "header Expect"},
		{"headers without end", header("A", strings.Repeat("a", 32<<10)), "at most 32768"},
	} {
		called := false
		_, err := c.Do(t.Context(), &test.request, func(string, grant.Endpoint) error { called = true; return nil })
		fails(t, test.reason, err, abi.StatusBadRequest, test.want)
		if called {
			t.Errorf("%s: the check was asked", test.reason)
		}
	}
}

func TestCheckIsAsked(t *testing.T) {
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the server got %s %s", r.Method, r.RequestURI) })
	c := newClient(t, server, outside.Options{Observed: func(int, time.Duration) { t.Error("a request that was not sent is observed") }})
	refusal := &outside.Error{Status: abi.StatusTooManyRequests, Message: "slowly", RetryAfter: time.Second}
	var asked string
	_, err := c.Do(t.Context(), &abi.HTTPRequest{Method: "PUT", URL: server.URL}, func(method string, to grant.Endpoint) error {
		asked = method + " " + to.String()
		return refusal
	})
	if !errors.Is(err, refusal) || asked != "PUT "+server.URL {
		t.Errorf("asked about %s, error %v; want PUT %s and %v", asked, err, server.URL, refusal)
	}
}

// TestUnreachable: whatever keeps a server from answering is unavailable, says
// why, and does not tell the path.
func TestUnreachable(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	plain := httptest.NewServer(nil)
	defer plain.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, test := range []struct{ reason, url, want string }{
		{"a certificate of another authority", server.URL, "certificate signed by unknown authority"},
		{"a server without TLS", strings.Replace(plain.URL, "http:", "https:", 1), "HTTP response to HTTPS client"},
		{"nobody there", gone.URL, "connection refused"},
	} {
		_, err := newClient(t, nil, outside.Options{}).Do(t.Context(), &abi.HTTPRequest{URL: test.url + "/secret?token=1"}, anything)
		fails(t, test.reason, err, abi.StatusUnavailable, test.want)
		if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "GET "+test.url) {
			t.Errorf("%s: got error %v, want it with the server and without the path", test.reason, err)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	sent := make(chan struct{}, 1)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fits":
			_, _ = w.Write(make([]byte, 1000))
		case "/more":
			_, _ = w.Write(make([]byte, 1001))
		case "/endless":
			for r.Context().Err() == nil { // the client hangs up
				_, _ = w.Write(make([]byte, 1<<16))
			}
			sent <- struct{}{}
		}
	})
	c := newClient(t, server, outside.Options{BodyLimit: 1000})
	answer, err := c.Do(t.Context(), &abi.HTTPRequest{URL: server.URL + "/fits"}, anything)
	if err != nil || len(answer.Body) != 1000 {
		t.Errorf("a body of 1000 bytes: got %v, %v", answer, err)
	}
	_, err = c.Do(t.Context(), &abi.HTTPRequest{URL: server.URL + "/more"}, anything)
	fails(t, "one byte more", err, abi.StatusTooLarge, "more than 1000 bytes")
	_, err = c.Do(t.Context(), &abi.HTTPRequest{URL: server.URL + "/endless"}, anything)
	fails(t, "a body without end", err, abi.StatusTooLarge, "more than 1000 bytes")
	<-sent
}

// TestNothingIsDecompressed: a bomb is as small as it was on the wire.
func TestNothingIsDecompressed(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = w.Write(make([]byte, 16<<20))
	_ = w.Close()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if encoding := r.Header.Get("Accept-Encoding"); encoding != r.URL.Query().Get("want") {
			t.Errorf("the server got Accept-Encoding %q, want %q", encoding, r.URL.Query().Get("want"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	c := newClient(t, server, outside.Options{BodyLimit: 64 << 10})
	for _, request := range []*abi.HTTPRequest{
		{URL: server.URL},
		{URL: server.URL + "?want=gzip", Headers: []abi.Pair{{Key: "Accept-Encoding", Value: "gzip"}}},
	} {
		answer, err := c.Do(t.Context(), request, anything)
		if err != nil || !bytes.Equal(answer.Body, bomb.Bytes()) {
			t.Errorf("GET %s: error %v, want the %d bytes as they were sent", request.URL, err, bomb.Len())
		}
	}
}

// TestTime ends requests that a server does not, in each place where it can
// keep the client waiting.
func TestTime(t *testing.T) {
	for _, place := range []string{"/headers", "/body", "/redirect"} {
		server, _, _ := stuck(t)
		_, err := newClient(t, server, outside.Options{}).Do(t.Context(),
			&abi.HTTPRequest{URL: server.URL + place, Timeout: 100 * time.Millisecond}, anything)
		fails(t, place+" with a timeout", err, abi.StatusUnavailable, "GET "+server.URL+": no answer within 100ms")

		server, reached, left := stuck(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() { // ends with the request
			<-reached
			cancel(errors.New("the reconcile is over"))
		}()
		_, err = newClient(t, server, outside.Options{}).Do(ctx,
			&abi.HTTPRequest{URL: server.URL + place, Timeout: time.Hour}, anything)
		fails(t, place+" in a call that ends", err, abi.StatusCanceled, "the reconcile is over")
		<-left
	}
}

// stuck returns a server that begins an answer and then waits until the client
// hangs up. The channels are told that it waits, and that it no longer does.
func stuck(t *testing.T) (server *httptest.Server, reached, left chan struct{}) {
	reached, left = make(chan struct{}, 1), make(chan struct{}, 1)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/body":
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("drip"))
			w.(http.Flusher).Flush()
		case "/redirect":
			http.Redirect(w, r, "/headers", http.StatusFound)
			return
		}
		reached <- struct{}{}
		<-r.Context().Done()
		left <- struct{}{}
	}), reached, left
}

func TestObserved(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/teapot", http.StatusFound)
		case "/teapot":
			w.WriteHeader(http.StatusTeapot)
		default:
			panic(http.ErrAbortHandler)
		}
	})
	var codes []int
	c := newClient(t, server, outside.Options{Observed: func(code int, took time.Duration) {
		if codes = append(codes, code); took <= 0 {
			t.Errorf("code %d took %v", code, took)
		}
	}})
	for _, path := range []string{"/teapot", "/redirect", "/abort"} {
		_, _ = c.Do(t.Context(), &abi.HTTPRequest{URL: server.URL + path}, anything)
	}
	if diff := cmp.Diff([]int{418, 418, 0}, codes); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}
