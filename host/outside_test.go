// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// courierFile grants the plugin courier what it needs, and one server with GET.
const courierFile = `
limits: {reconcileTimeout: 2s, httpRequestsPerSecond: 1000}
grants:
  resources:
  - {groups: [""], resources: [configmaps], verbs: [get, list, watch, patch]}
  - {groups: [""], resources: [secrets], verbs: [patch]}
  http: [{hosts: ["%s"], plain: true}]
  sign: [service-account]
`

// startCourier runs a host with the plugin courier, which may call a server.
func startCourier(t *testing.T, server string, keys *sign.Keys) *stage {
	t.Helper()
	folder := t.TempDir()
	hosttest.BuildPlugin(t, "host/testdata/courier", filepath.Join(folder, "courier.wasm"), "main.server="+server)
	writeFile(t, filepath.Join(folder, "courier.yaml"), fmt.Appendf(nil, courierFile, strings.TrimPrefix(server, "http://")))
	return start(t, plane, folder, func(o *host.Options) { o.SigningKeys = keys })
}

// order gives the plugin courier something to do.
func (s *stage) order(namespace, name string, data map[string]string) {
	s.t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"courier": ""}}, Data: data}
	if _, err := s.client.CoreV1().ConfigMaps(namespace).Create(s.t.Context(), object, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// delivered waits for the answer to an order.
func (s *stage) delivered(namespace, name string) (result string) {
	s.t.Helper()
	hosttest.Eventually(s.t, func() string {
		order, err := s.client.CoreV1().ConfigMaps(namespace).Get(s.t.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		if result = order.Data["result"]; result == "" {
			return name + " has no result"
		}
		return ""
	})
	return result
}

// connections counts what is open at a server.
type connections struct {
	mu   sync.Mutex
	open map[net.Conn]bool // guarded by mu
}

func (c *connections) changed(connection net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[connection] = true; state == http.StateClosed {
		delete(c.open, connection)
	}
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// TestGuestCallsServers has a guest call a server, within its grants and
// beyond, and wait for one that does not answer.
func TestGuestCallsServers(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	open := &connections{open: map[net.Conn]bool{}}
	var hung sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		case "/hang":
			hung.Add(1)
			defer hung.Done()
			<-r.Context().Done()
		default:
			_, _ = io.WriteString(w, "hello "+r.UserAgent())
		}
	}))
	server.Config.ConnState = open.changed
	server.Start()
	defer server.Close()
	s := startCourier(t, server.URL, nil)
	s.logged("Plugin wants a signing key that the host does not have", "plugin=courier", "key=service-account")

	s.order(namespace, "hang", map[string]string{"url": server.URL + "/hang"})
	for name, order := range map[string]struct {
		data map[string]string
		want string
	}{
		"granted":  {map[string]string{"url": server.URL + "/"}, "200 hello wasm-controller-manager plugin/courier"},
		"path":     {map[string]string{"url": "/relative"}, "200 hello wasm-controller-manager plugin/courier"},
		"redirect": {map[string]string{"url": server.URL + "/redirect"}, `http: denied: GET ` + server.URL + `: redirect: denied: plugin "courier" may not GET http://169.254.169.254`},
		"method":   {map[string]string{"url": server.URL, "method": "POST"}, `grant missing: {http: [{hosts: ["` + strings.TrimPrefix(server.URL, "http://") + `"], methods: ["POST"], plain: true}]}`},
		"host":     {map[string]string{"url": "https://kubernetes.default.svc"}, "the module does not ask for it in http"},
		"unsigned": {map[string]string{"account": "default"}, `sign: not_found: the host has no signing key "service-account"`},
	} {
		s.order(namespace, name, order.data)
		if got := s.delivered(namespace, name); !strings.Contains(got, order.want) {
			t.Errorf("%s: got %q, want it with %q", name, got, order.want)
		}
	}
	s.logged("Operation denied", "plugin=courier", "operation=http")

	// The one that hangs was stopped, and its connection with it.
	s.logged("courier", "name=hang", "failures=1")
	s.host.Remove(context.WithoutCancel(t.Context()), "courier")
	hosttest.Eventually(t, func() string {
		if n := open.count(); n > 0 {
			return fmt.Sprintf("%d connections are open after the plugin was removed", n)
		}
		return ""
	})
	hung.Wait()
}

// TestGuestSignsTokens has a guest sign the token of a service account, as the
// controller of Kubernetes does, and the API server believe it.
func TestGuestSignsTokens(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	keys, err := sign.Load([]sign.Source{{
		Name: "service-account", File: plane.PKI("sa.key"),
		Issuers: []string{"kubernetes/serviceaccount"}, SubjectPrefixes: []string{"system:serviceaccount:" + namespace + ":"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := startCourier(t, "http://127.0.0.1:1", keys)
	account, err := s.client.CoreV1().ServiceAccounts(namespace).Create(t.Context(),
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	secret := &corev1.Secret{Type: corev1.SecretTypeServiceAccountToken, ObjectMeta: metav1.ObjectMeta{
		Name: "robot-token", Annotations: map[string]string{corev1.ServiceAccountNameKey: account.Name},
	}}
	if _, err := s.client.CoreV1().Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	order := map[string]string{"account": account.Name, "uid": string(account.UID), "secret": secret.Name, "issuer": "kubernetes/serviceaccount"}
	s.order(namespace, "token", order)
	if result := s.delivered(namespace, "token"); result != "issued" {
		t.Fatalf("the guest has %q, want a token", result)
	}
	if secret, err = s.client.CoreV1().Secrets(namespace).Get(t.Context(), secret.Name, metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(plane.RESTConfig())
	config.BearerToken = string(secret.Data[corev1.ServiceAccountTokenKey])
	robot := kubernetes.NewForConfigOrDie(config).AuthenticationV1().SelfSubjectReviews()
	review, err := robot.Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("the API server does not believe the token: %v", err)
	}
	if got, want := review.Status.UserInfo.Username, "system:serviceaccount:"+namespace+":robot"; got != want {
		t.Errorf("the token is that of %q, want %q", got, want)
	}

	forged := maps.Clone(order)
	forged["issuer"] = "https://kubernetes.default.svc.cluster.local"
	s.order(namespace, "forged", forged)
	if result := s.delivered(namespace, "forged"); !strings.Contains(result, "sign: denied: claim iss") {
		t.Errorf("the guest has %q, want that the key is limited to an issuer", result)
	}
}
