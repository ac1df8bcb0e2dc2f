// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPrepareTwice(t *testing.T) {
	dir := prepare(t)
	before := readFile(t, dir.PKI("apiserver.crt"))
	if err := dir.Prepare(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, readFile(t, dir.PKI("apiserver.crt"))) {
		t.Error("a second Prepare replaces the certificates")
	}
	info, err := os.Stat(string(dir))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o700 {
		t.Errorf("the directory has mode %o, want 700: etcd's socket is not authenticated", mode)
	}
}

// TestWaitReady lets the admin in by certificate, and waits for each path.
func TestWaitReady(t *testing.T) {
	dir := prepare(t)
	var asked []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first := !slices.Contains(asked, r.URL.Path)
		asked = append(asked, r.URL.Path)
		switch {
		case len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.Organization[0] != "system:masters":
			w.WriteHeader(http.StatusUnauthorized)
		case first:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	server.TLS = serverTLS(t, dir)
	server.StartTLS()
	defer server.Close()
	port := server.Listener.Addr().(*net.TCPAddr).Port
	if err := dir.WaitReady(t.Context(), port); err != nil {
		t.Fatal(err)
	}
	if got, want := len(asked), 2*len(readyPaths); got != want {
		t.Errorf("WaitReady asked %d times, want %d: each path until it answers 200", got, want)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	server.Close()
	if err := dir.WaitReady(ctx, port); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("WaitReady on a closed server = %v, want the deadline as cause", err)
	}
}

func TestListen(t *testing.T) {
	dir := prepare(t)
	free, port, err := dir.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	if port < firstFreePort || port > lastFreePort {
		t.Errorf("Listen chose port %d, want one in %d-%d", port, firstFreePort, lastFreePort)
	}
	if err := dir.SavePort(port); err != nil {
		t.Fatal(err)
	}
	if _, _, err := dir.Listen(0); err == nil || !strings.Contains(err.Error(), fmt.Sprint(port)) {
		t.Errorf("Listen on the taken port %d = %v, want it named", port, err)
	}
	free.Close()
	again, got, err := dir.Listen(0)
	if err != nil || got != port {
		t.Fatalf("Listen = port %d, %v, want the saved port %d", got, err, port)
	}
	again.Close()
}

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	lock, err := TryLock(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"12345\n", "6\n"} {
		if err := lock.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if got := readFile(t, name); string(got) != content {
			t.Errorf("after Write(%q) the file has %q", content, got)
		}
	}
	if _, err := TryLock(name); !errors.Is(err, ErrLocked) {
		t.Errorf("a second TryLock = %v, want %v", err, ErrLocked)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := WaitLock(name)
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
}

func TestLogTail(t *testing.T) {
	dir := Dir(t.TempDir())
	if got := dir.LogTail(); !bytes.Contains(got, []byte("no such file")) {
		t.Errorf("LogTail without a log = %q, want the reason", got)
	}
	var log []byte
	for i := range 5000 {
		log = fmt.Appendln(log, "line", i)
	}
	if err := os.WriteFile(dir.Log(), log, 0o600); err != nil {
		t.Fatal(err)
	}
	got := bytes.Split(dir.LogTail(), []byte("\n"))
	if len(got) != tailLines || string(got[tailLines-1]) != "line 4999" {
		t.Errorf("LogTail has %d lines and ends with %q, want %d and the last line", len(got), got[len(got)-1], tailLines)
	}
}

func TestArgs(t *testing.T) {
	plain := APIServer{Dir: "/d", Port: 1}.Args()
	full := APIServer{
		Dir: "/d", Port: 1, ServiceAccountAdmission: true,
		FeatureGates: "A=true", AuditLog: "/a", Extra: []string{"--v=4"},
	}.Args()
	const off = "--disable-admission-plugins=ServiceAccount"
	if !slices.Contains(plain, off) || slices.Contains(full, off) {
		t.Errorf("%s must be in\n%q\nand not in\n%q", off, plain, full)
	}
	for _, want := range []string{"--feature-gates=A=true", "--audit-log-path=/a", "--audit-policy-file=/d/audit-policy.yaml"} {
		if slices.Contains(plain, want) || !slices.Contains(full, want) {
			t.Errorf("%s must be in\n%q\nand not in\n%q", want, full, plain)
		}
	}
	if last := full[len(full)-1]; last != "--v=4" {
		t.Errorf("the last argument is %s, want the extra one, so that it overrides", last)
	}
}

func prepare(t *testing.T) Dir {
	t.Helper()
	dir := Dir(filepath.Join(t.TempDir(), "data"))
	if err := dir.Prepare(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// serverTLS is an API server's: the directory's certificate, clients optional.
func serverTLS(t *testing.T, dir Dir) *tls.Config {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(dir.PKI("apiserver.crt"), dir.PKI("apiserver.key"))
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
