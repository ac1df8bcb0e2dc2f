// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/outside"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// abroad is an operator of a plugin that has business outside alone.
type abroad struct {
	*access.Operator
	log bytes.Buffer
}

// newAbroad makes an operator whose plugin wants everything.
func newAbroad(t *testing.T, g grant.Grants, leads error, requests *limit.Rate) *abroad {
	t.Helper()
	client := outside.New(outside.Options{})
	t.Cleanup(client.Close)
	d := &abi.Description{
		HTTP: []abi.HTTP{{Hosts: []string{"*:*"}, Methods: []string{"GET", "POST"}, Plain: true}},
		Sign: []string{"own", "missing", "limited", "other"},
	}
	a := &abroad{}
	a.Operator = access.New(access.Options{
		Plugin: "p", Description: d, Policy: grant.NewPolicy("p", d, g), Outside: client, Signer: signingKeys(t),
		Leadership: &world{leads: leads}, Limits: access.Limits{HTTP: requests},
		Logger: slog.New(slog.NewTextHandler(&a.log, nil)),
	})
	return a
}

func signingKeys(t *testing.T) *sign.Keys {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := sign.Load([]sign.Source{{Name: "own", File: file}, {Name: "other", File: file}, {Name: "limited", File: file, Issuers: []string{"me"}}})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// operate performs one operation and returns an error's message, or the result.
func (a *abroad) operate(ctx context.Context, t *testing.T, op abi.Operation, m message) (abi.Status, string, abi.Error) {
	t.Helper()
	status, result := a.Operate(ctx, op, m.Append(nil), nil)
	if status == abi.StatusOK {
		return status, string(result), abi.Error{}
	}
	var failure abi.Error
	if err := failure.Decode(result); err != nil {
		t.Fatalf("%s: error result: %v", op, err)
	}
	return status, failure.Message, failure
}

func TestHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
		case "/error":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			_, _ = io.WriteString(w, r.Method+" "+r.URL.Path)
		}
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	granted := grant.Grants{HTTP: []grant.HTTP{{Hosts: []string{address}, Methods: []string{"GET", "POST"}, Plain: true}}}
	readOnly := grant.Grants{HTTP: []grant.HTTP{{Hosts: []string{address}, Plain: true}}}
	gone := errors.New("another leads")
	for _, test := range []struct {
		reason  string
		grants  grant.Grants
		leads   error
		request abi.HTTPRequest
		status  abi.Status
		want    string // a part of the result
	}{
		{"granted", granted, nil, abi.HTTPRequest{URL: server.URL + "/a"}, abi.StatusOK, "GET /a"},
		{"a write", granted, nil, abi.HTTPRequest{Method: "POST", URL: server.URL + "/a"}, abi.StatusOK, "POST /a"},
		{"the status of the answer is the guest's", granted, nil, abi.HTTPRequest{URL: server.URL + "/error"}, abi.StatusOK, "\x08\xf4\x03"},
		{"a standby may read", granted, gone, abi.HTTPRequest{URL: server.URL + "/a"}, abi.StatusOK, "GET /a"},
		{"a standby may not write", granted, gone, abi.HTTPRequest{Method: "POST", URL: server.URL}, abi.StatusNotLeader, "another leads"},
		{"nothing is granted", grant.Grants{}, nil, abi.HTTPRequest{URL: server.URL}, abi.StatusDenied,
			`denied: plugin "p" may not GET ` + server.URL + `: grant missing: {http: [{hosts: ["` + address + `"], methods: ["GET"], plain: true}]}`},
		{"another method", readOnly, nil, abi.HTTPRequest{Method: "POST", URL: server.URL}, abi.StatusDenied, `methods: ["POST"]`},
		{"another server", granted, nil, abi.HTTPRequest{URL: "https://example.com/"}, abi.StatusDenied, `hosts: ["example.com"]`},
		{"what the module does not ask for", granted, nil, abi.HTTPRequest{Method: "PUT", URL: server.URL}, abi.StatusDenied, "the module does not ask for it in http"},
		{"a redirect to another server", granted, nil, abi.HTTPRequest{URL: server.URL + "/redirect?to=http://169.254.169.254/"}, abi.StatusDenied,
			`redirect: denied: plugin "p" may not GET http://169.254.169.254`},
		{"a redirect to itself", granted, nil, abi.HTTPRequest{URL: server.URL + "/redirect?to=/b"}, abi.StatusOK, "GET /b"},
		{"no URL", granted, nil, abi.HTTPRequest{URL: "http://granted@" + address}, abi.StatusBadRequest, "user information"},
	} {
		a := newAbroad(t, test.grants, test.leads, nil)
		status, text, _ := a.operate(t.Context(), t, abi.OpHTTP, &test.request)
		if status != test.status || !strings.Contains(text, test.want) {
			t.Errorf("%s: got %s %q, want %s with %q", test.reason, status, text, test.status, test.want)
		}
		if logged := strings.Contains(a.log.String(), "Operation denied"); logged != (status == abi.StatusDenied) {
			t.Errorf("%s: the log is %q", test.reason, &a.log)
		}
	}
}

// TestHTTPRate: redirects count as well.
func TestHTTPRate(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("/again", http.StatusFound))
	defer server.Close()
	granted := grant.Grants{HTTP: []grant.HTTP{{Hosts: []string{strings.TrimPrefix(server.URL, "http://")}, Plain: true}}}
	a := newAbroad(t, granted, nil, limit.NewRate(0.01, nil))
	for _, want := range []string{"redirect: more requests than limits.httpRequestsPerSecond", "more requests than"} {
		status, text, failure := a.operate(t.Context(), t, abi.OpHTTP, &abi.HTTPRequest{URL: server.URL})
		if status != abi.StatusTooManyRequests || !strings.Contains(text, want) || failure.RetryAfterSeconds < 99 || failure.RetryAfterSeconds > 100 {
			t.Errorf("got %s %q after %d s, want too_many_requests with %q after 100 s", status, text, failure.RetryAfterSeconds, want)
		}
	}
}

// TestHTTPEndsWithTheCall: a server that never answers costs a guest its time
// and nobody anything else.
func TestHTTPEndsWithTheCall(t *testing.T) {
	reached, left := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		<-r.Context().Done()
		close(left)
	}))
	defer server.Close()
	granted := grant.Grants{HTTP: []grant.HTTP{{Hosts: []string{strings.TrimPrefix(server.URL, "http://")}, Plain: true}}}
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { // ends with the request
		<-reached
		cancel(errors.New("the reconcile is over"))
	}()
	status, text, _ := newAbroad(t, granted, nil, nil).operate(ctx, t, abi.OpHTTP, &abi.HTTPRequest{URL: server.URL})
	if status != abi.StatusCanceled || !strings.Contains(text, "the reconcile is over") {
		t.Errorf("got %s %q, want canceled with the cause", status, text)
	}
	<-left
}

func TestSign(t *testing.T) {
	a := newAbroad(t, grant.Grants{Sign: []string{"own", "missing", "limited"}}, errors.New("a standby may sign"), nil)
	for _, test := range []struct {
		reason  string
		request abi.SignRequest
		status  abi.Status
		want    string
	}{
		{"granted", abi.SignRequest{Key: "own", Payload: []byte(`{"iss":"me"}`)}, abi.StatusOK, ".eyJpc3MiOiJtZSJ9."},
		{"not granted", abi.SignRequest{Key: "other", Payload: []byte(`{}`)}, abi.StatusDenied, `may not sign with key "other": grant missing: {sign: ["other"]}`},
		{"not asked for", abi.SignRequest{Key: "else", Payload: []byte(`{}`)}, abi.StatusDenied, "the module does not ask for it in sign"},
		{"not there", abi.SignRequest{Key: "missing", Payload: []byte(`{}`)}, abi.StatusNotFound, `no signing key "missing"`},
		{"no claims", abi.SignRequest{Key: "own", Payload: []byte(`[]`)}, abi.StatusBadRequest, "expected a JSON object"},
		{"beyond the limits of the key", abi.SignRequest{Key: "limited", Payload: []byte(`{"iss":"you"}`)}, abi.StatusDenied, "claim iss"},
		{"another kind", abi.SignRequest{Key: "own", Kind: 7, Payload: []byte(`{}`)}, abi.StatusUnsupported, "JSON Web Tokens"},
	} {
		status, text, _ := a.operate(t.Context(), t, abi.OpSign, &test.request)
		if status != test.status || !strings.Contains(text, test.want) {
			t.Errorf("%s: got %s %q, want %s with %q", test.reason, status, text, test.status, test.want)
		}
	}
}
