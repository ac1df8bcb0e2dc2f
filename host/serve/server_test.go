// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

// TestMain looks for goroutines that outlive their server, unless there is a
// control plane, which lives as long as the process.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("k8s.io/klog/v2.(*flushDaemon).run.func1"))
		return
	}
	os.Exit(m.Run())
}

// running is a server that runs until the test ends.
type running struct {
	*Server
	client *http.Client
}

func start(t *testing.T, change func(*Options)) running {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "some_metric", Help: "For this test."}))
	o := DefaultOptions()
	o.PlainAddress = "127.0.0.1:0"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.Secure.Listener = listener
	change(o)
	s := New(o, Config{
		Gatherer: registry,
		Pages: map[string]http.Handler{
			"/configz": TextPage(func(w io.Writer) { fmt.Fprintln(w, `"answer": 42`) }),
			"/statusz": TextPage(func(w io.Writer) { fmt.Fprintln(w, "all is well") }),
		},
	})
	if err := s.Listen(t.Context()); err != nil {
		t.Fatalf("Listen() = %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- s.Run(ctx) }()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-result; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
	return running{s, &http.Client{Transport: transport}}
}

// get returns the status and the body.
func (r running) get(t *testing.T, url, token string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := r.client.Do(request)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	if response.TLS != nil && response.ProtoMajor != 2 {
		t.Errorf("GET %s: protocol %s, want HTTP/2", url, response.Proto)
	}
	return response.StatusCode, string(body)
}

func (r running) expect(t *testing.T, url, token string, status int, body string) {
	t.Helper()
	got, text := r.get(t, url, token)
	if got != status || !strings.Contains(text, body) {
		t.Errorf("GET %s with token %q = %d %.200q, want %d and %q", url, token, got, text, status, body)
	}
}

func TestPlain(t *testing.T) {
	s := start(t, func(*Options) {})
	at := "http://" + s.PlainAddr().String()
	s.expect(t, at+"/healthz", "", 200, "ok")
	s.expect(t, at+"/metrics", "", 200, "some_metric 0")
	s.expect(t, at+"/configz", "", 200, `"answer": 42`)
	s.expect(t, at+"/statusz", "", 200, "all is well")
	s.expect(t, at+"/debug/pprof/goroutine?debug=1", "", 200, "goroutine profile")
	s.expect(t, at+"/", "", 404, "")
}

func TestNoProfiling(t *testing.T) {
	s := start(t, func(o *Options) { o.Profiling = false })
	s.expect(t, "http://"+s.PlainAddr().String()+"/debug/pprof/", "", 404, "")
}

// Without any kubeconfig the secure port has a self-signed certificate and
// serves health only.
func TestSecureWithoutKubeconfig(t *testing.T) {
	s := start(t, func(o *Options) { o.PlainAddress = "" })
	if s.PlainAddr() != nil {
		t.Errorf("PlainAddr() = %v, want nil", s.PlainAddr())
	}
	at := "https://" + s.SecureAddr().String()
	for _, path := range []string{"/healthz", "/livez", "/readyz"} {
		s.expect(t, at+path, "", 200, "ok")
	}
	for _, path := range []string{"/metrics", "/configz", "/debug/pprof/", "/readyz/ping", "/nothing"} {
		s.expect(t, at+path, "", 403, fmt.Sprintf(`user "system:anonymous" cannot get path %q`, path))
	}
}

func TestCertificateDirectory(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // made the first time, read the second
		s := start(t, func(o *Options) { o.Secure.CertDir = dir })
		s.expect(t, "https://"+s.SecureAddr().String()+"/healthz", "", 200, "ok")
	}
	o := SecureOptions{CertDir: dir}
	first, _, err := o.selfSigned()
	second, _, err2 := o.selfSigned()
	if err != nil || err2 != nil || string(first) != string(second) {
		t.Errorf("selfSigned() made another certificate, or failed: %v, %v", err, err2)
	}
}

func TestListenRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.PlainAddress = taken.Addr().String() }, "--plain-bind-address"},
		{func(o *Options) { o.Secure.BindAddress, o.Secure.Port = net.IPv4(127, 0, 0, 1), port }, "--secure-port"},
		{func(o *Options) { o.Authentication.Kubeconfig = "missing" }, "--authentication-kubeconfig"},
		{func(o *Options) { o.Authorization.Kubeconfig = "missing" }, "--authorization-kubeconfig"},
		{func(o *Options) { o.Authentication.ClientCAFile = "missing" }, "--client-ca-file"},
		{func(o *Options) { o.Secure.CertFile, o.Secure.KeyFile = "missing", "missing" }, "--tls-cert-file"},
	} {
		o := DefaultOptions()
		o.PlainAddress = "127.0.0.1:0"
		c.change(o)
		s := New(o, Config{})
		if err := s.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Listen() = %v, want an error with %q", err, c.want)
		}
		if s.PlainAddr() != nil || s.SecureAddr() != nil {
			t.Error("Listen() failed and left a port open")
		}
	}
}
