// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// reviewer is an API server that reviews: the token of a user is its name, and
// members of the group monitoring may get /metrics.
type reviewer struct {
	tokens, accesses atomic.Int64
	down             atomic.Bool
}

func (a *reviewer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.down.Load() {
		http.Error(w, "down", http.StatusBadRequest) // not tried again by the client
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/apis/authentication.k8s.io/v1/tokenreviews":
		a.tokens.Add(1)
		var review authenticationv1.TokenReview
		decode(r, &review)
		if token := review.Spec.Token; token != "wrong" {
			review.Status.Authenticated = true
			review.Status.User = authenticationv1.UserInfo{Username: token, Groups: []string{token + "s"}}
		}
		_ = json.NewEncoder(w).Encode(review)
	case "/apis/authorization.k8s.io/v1/subjectaccessreviews":
		a.accesses.Add(1)
		var review authorizationv1.SubjectAccessReview
		decode(r, &review)
		what := review.Spec.NonResourceAttributes
		review.Status.Allowed = slices.Contains(review.Spec.Groups, "monitors") &&
			slices.Contains(review.Spec.Groups, "system:authenticated") && what.Verb == "get" && what.Path == "/metrics"
		_ = json.NewEncoder(w).Encode(review)
	default:
		http.NotFound(w, r)
	}
}

// decode reads an object in any format that a client may send.
func decode(r *http.Request, into runtime.Object) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	if _, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, into); err != nil {
		panic(err)
	}
}

// kubeconfigFor writes a kubeconfig without credentials.
func kubeconfigFor(t *testing.T, url string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c",
		"clusters":[{"name":"c","cluster":{"server":%q}}],"contexts":[{"name":"c","context":{"cluster":"c"}}]}`, url)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func startReviewed(t *testing.T, change func(*Options)) (running, *reviewer) {
	t.Helper()
	api := &reviewer{}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	kubeconfig := kubeconfigFor(t, server.URL)
	return start(t, func(o *Options) {
		o.Authentication.Kubeconfig, o.Authorization.Kubeconfig = kubeconfig, kubeconfig
		o.Authentication.SkipLookup = true
		change(o)
	}), api
}

func TestTokens(t *testing.T) {
	s, api := startReviewed(t, func(*Options) {})
	at := "https://" + s.SecureAddr().String()
	s.expect(t, at+"/metrics", "monitor", 200, "some_metric 0")
	s.expect(t, at+"/metrics", "stranger", 403, `user "stranger" cannot get path "/metrics"`)
	s.expect(t, at+"/metrics", "wrong", 401, "Unauthorized")
	s.expect(t, at+"/metrics", "", 403, "system:anonymous")
	s.expect(t, at+"/configz", "monitor", 403, "")
	s.expect(t, at+"/healthz", "wrong", 401, "")
	s.expect(t, at+"/healthz", "", 200, "ok")

	tokens, accesses := api.tokens.Load(), api.accesses.Load()
	for range 10 {
		s.expect(t, at+"/metrics", "monitor", 200, "")
		s.expect(t, at+"/metrics", "stranger", 403, "")
	}
	if api.tokens.Load() != tokens || api.accesses.Load() != accesses {
		t.Errorf("%d token and %d access reviews more for the same questions, want none",
			api.tokens.Load()-tokens, api.accesses.Load()-accesses)
	}

	api.down.Store(true)
	s.expect(t, at+"/metrics", "another", 401, "")
	s.expect(t, at+"/metrics", "", 403, "") // remembered
	s.expect(t, at+"/statusz", "", 500, "") // not remembered, and nobody to ask
	s.expect(t, at+"/healthz", "", 200, "ok")
}

func TestClientCertificates(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	s, _ := startReviewed(t, func(o *Options) { o.Authentication.ClientCAFile = ca.file(t) })
	at := "https://" + s.SecureAddr().String()
	for _, c := range []struct {
		reason string
		cert   tls.Certificate
		status int
	}{
		{"the authority vouches for a monitor", ca.client(t, "prometheus", "monitors"), 200},
		{"the authority vouches for somebody else", ca.client(t, "prometheus", "strangers"), 403},
		{"nobody knows the authority", other.client(t, "prometheus", "monitors"), 401},
	} {
		transport := &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{c.cert}},
			ForceAttemptHTTP2: true,
		}
		r := running{s.Server, &http.Client{Transport: transport}}
		if got, body := r.get(t, at+"/metrics", ""); got != c.status {
			t.Errorf("GET /metrics, when %s = %d %q, want %d", c.reason, got, body, c.status)
		}
		transport.CloseIdleConnections()
	}
	s.expect(t, at+"/healthz", "", 200, "ok")
}

func TestProxies(t *testing.T) {
	ca := newCA(t)
	s, _ := startReviewed(t, func(o *Options) {
		o.Authentication.RequestHeader.ClientCAFile = ca.file(t)
		o.Authentication.RequestHeader.AllowedNames = []string{"front-proxy"}
	})
	for _, c := range []struct {
		proxy  string
		status int
	}{{"front-proxy", 200}, {"impostor", 401}} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, Certificates: []tls.Certificate{ca.client(t, c.proxy, "")},
		}}
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+s.SecureAddr().String()+"/metrics", nil)
		request.Header.Set("X-Remote-User", "prometheus")
		request.Header.Set("X-Remote-Group", "monitors")
		response, err := (&http.Client{Transport: transport}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("GET /metrics through %s = %d, want %d", c.proxy, response.StatusCode, c.status)
		}
		transport.CloseIdleConnections()
	}
}

// testCA is a certificate authority.
type testCA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCA(t *testing.T) testCA {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return testCA{cert, key}
}

func (c testCA) file(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (c testCA) client(t *testing.T, name, group string) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name, Organization: []string{group}},
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, key.Public(), c.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
