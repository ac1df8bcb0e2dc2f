// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// With a real API server: tokens are reviewed, access follows RBAC, and the
// authority of client certificates is the one that it publishes.
func TestServeOnAPIServer(t *testing.T) {
	plane := controlplane.Shared(t)
	namespace := plane.NamespaceFor(t)
	config := plane.RESTConfig()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(o *Options) {
		o.Authentication.Kubeconfig, o.Authorization.Kubeconfig = plane.Kubeconfig(), plane.Kubeconfig()
	})
	at := "https://" + s.SecureAddr().String()
	s.expect(t, at+"/healthz", "", 200, "ok")
	s.expect(t, at+"/metrics", "", 403, "system:anonymous")
	s.expect(t, at+"/metrics", "no token at all", 401, "Unauthorized")

	allowMetrics(t, client, namespace)
	s.expect(t, at+"/metrics", tokenFor(t, client, namespace, "monitor"), 200, "some_metric 0")
	s.expect(t, at+"/metrics", tokenFor(t, client, namespace, "stranger"), 403, "stranger")
	s.expect(t, at+"/statusz", tokenFor(t, client, namespace, "monitor"), 403, "monitor")

	transport := &http.Transport{TLSClientConfig: adminTLS(t, config), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	admin := running{s.Server, &http.Client{Transport: transport}}
	admin.until(t, at+"/metrics", 200) // the authority arrives by a watch
	admin.expect(t, at+"/debug/pprof/", "", 200, "goroutine")
}

// until asks until the status is the one wanted.
func (r running) until(t *testing.T, url string, status int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		got, body := r.get(t, url, "")
		if got == status {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("GET %s = %d %.200q after 20 s, want %d", url, got, body, status)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// adminTLS returns the client certificate of config, without its authority.
func adminTLS(t *testing.T, config *rest.Config) *tls.Config {
	t.Helper()
	c, err := rest.TLSConfigFor(config)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil || len(c.Certificates) == 0 && c.GetClientCertificate == nil {
		t.Skip("the administrator has no client certificate")
	}
	return &tls.Config{InsecureSkipVerify: true, Certificates: c.Certificates, GetClientCertificate: c.GetClientCertificate}
}

// allowMetrics lets the service account monitor get /metrics.
func allowMetrics(t *testing.T, client kubernetes.Interface, namespace string) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: namespace}
	_, err := client.RbacV1().ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{
		ObjectMeta: meta,
		Rules:      []rbacv1.PolicyRule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: meta,
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: namespace, Name: "monitor"}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: namespace},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// tokenFor returns a token of a service account, which it creates.
func tokenFor(t *testing.T, client kubernetes.Interface, namespace, name string) string {
	t.Helper()
	accounts := client.CoreV1().ServiceAccounts(namespace)
	_, _ = accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	request, err := accounts.CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("token for %s: %v", name, err)
	}
	return request.Status.Token
}
