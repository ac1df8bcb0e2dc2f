// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

var plane *controlplane.Plane

func TestMain(m *testing.M) {
	if os.Getenv(holdPlane) != "" {
		os.Exit(m.Run())
	}
	controlplane.Main(m, &plane, controlplane.Options{ServiceAccountAdmission: true})
}

// TestUse goes the way of a user: the kubeconfig, a client, a pod.
func TestUse(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	if want := "t-use-"; !strings.HasPrefix(namespace, want) {
		t.Errorf("NamespaceFor = %q, want the prefix %q", namespace, want)
	}
	config, err := clientcmd.BuildConfigFromFlags("", plane.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	createPod(t, kubernetes.NewForConfigOrDie(config), namespace)

	version, err := kubernetes.NewForConfigOrDie(plane.RESTConfig()).Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.Major != "1" || strings.HasPrefix(version.GitVersion, "v0.") {
		t.Errorf("the server says version %s, want that of Kubernetes", version.GitVersion)
	}
}

// TestServingCertificate: whoever trusts ca.crt trusts the server, by address
// and by name.
func TestServingCertificate(t *testing.T) {
	plane.NamespaceFor(t)
	pem, err := os.ReadFile(plane.PKI("ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for _, name := range []string{"127.0.0.1", "localhost", "kubernetes.default.svc"} {
		conn, err := tls.Dial("tcp", address(t, plane), &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			t.Errorf("as %s: %v", name, err)
			continue
		}
		conn.Close()
	}
}

// TestRestart: data, certificates and address survive, with and without a pause.
func TestRestart(t *testing.T) {
	p, _ := start(t, controlplane.Options{})
	client := kubernetes.NewForConfigOrDie(p.RESTConfig())
	namespace := p.NamespaceFor(t)
	want := createPod(t, client, namespace)
	before := p.URL()

	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := p.URL(); after != before {
		t.Errorf("URL after a restart is %s, want %s as before", after, before)
	}
	checkPod(t, client, want)

	if err := p.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", address(t, p)); err == nil {
		conn.Close()
		t.Errorf("%s accepts connections while stopped", before)
	}
	if err := p.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkPod(t, client, want)
}

// TestStop leaves no process, no port and no temporary directory, and does not
// wait for clients to end their watches.
func TestStop(t *testing.T) {
	p, temp := start(t, controlplane.Options{})
	addr := address(t, p)
	watch, err := kubernetes.NewForConfigOrDie(p.RESTConfig()).CoreV1().Pods("").Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	began := time.Now()
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("Stop took %s", took)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Errorf("%s still accepts connections", addr)
	}
	if running := processes(t, temp); len(running) > 0 {
		t.Errorf("still running: %q", running)
	}
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("a second Stop fails: %v", err)
	}
}

// TestParallel: planes do not collide and do not see each other.
func TestParallel(t *testing.T) {
	if testing.Short() {
		t.Skip("needs control planes")
	}
	const n = 2
	planes := make([]*controlplane.Plane, n)
	errs := make([]error, n)
	var started sync.WaitGroup
	for i := range n {
		started.Go(func() { planes[i], errs[i] = controlplane.Start(t.Context(), controlplane.Options{}) })
	}
	started.Wait()
	for i := range n {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		t.Cleanup(func() { stop(t, planes[i]) })
	}
	if planes[0].URL() == planes[1].URL() {
		t.Fatalf("both are at %s", planes[0].URL())
	}
	namespace := planes[0].NamespaceFor(t)
	other := kubernetes.NewForConfigOrDie(planes[1].RESTConfig())
	if _, err := other.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{}); err == nil {
		t.Errorf("namespace %s of the first is in the second too", namespace)
	}
}

// TestAuditLog: writes are recorded, reads are not.
func TestAuditLog(t *testing.T) {
	audit := filepath.Join(t.TempDir(), "audit.log")
	p, _ := start(t, controlplane.Options{AuditLog: audit, FeatureGates: "AllAlpha=false"})
	namespace := p.NamespaceFor(t)
	client := kubernetes.NewForConfigOrDie(p.RESTConfig())
	if _, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(audit)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), `"verb":"create"`) || !strings.Contains(string(raw), "kubernetes-admin") {
		t.Errorf("the audit log lacks the admin's create:\n%s", raw)
	}
	if strings.Contains(string(raw), `"verb":"list"`) {
		t.Error("the audit log has reads")
	}
}

// TestStartFails says why, and leaves nothing behind.
func TestStartFails(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	p, err := controlplane.Start(t.Context(), controlplane.Options{
		APIServerArgs: []string{"--no-such-flag"},
		StartTimeout:  10 * time.Second,
	})
	if err == nil {
		stop(t, p)
		t.Fatal("Start with an unknown flag succeeds")
	}
	if os.Getenv("KUBEBUILDER_ASSETS") == "" && !strings.Contains(err.Error(), "no-such-flag") {
		t.Errorf("Start = %v, want the flag to be named", err)
	}
	if running := processes(t, temp); len(running) > 0 {
		t.Errorf("still running: %q", running)
	}
}
