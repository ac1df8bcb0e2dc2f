// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// ownAccounts gives each plugin a ServiceAccount in kube-system.
func ownAccounts(o *host.Options) {
	o.ServiceAccountNamespace = metav1.NamespaceSystem
	o.Config.UserAgent = "wcm/test"
}

// allow lets a ServiceAccount of kube-system do something everywhere.
func (s *stage) allow(account string, rules ...rbacv1.PolicyRule) {
	s.t.Helper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: account}, Rules: rules}
	if _, err := s.client.RbacV1().ClusterRoles().Create(s.t.Context(), role, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: account},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: account},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: metav1.NamespaceSystem, Name: account}},
	}
	if _, err := s.client.RbacV1().ClusterRoleBindings().Create(s.t.Context(), binding, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func rule(resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{resource}, Verbs: verbs}
}

// write is a line of an audit log.
type write struct {
	Verb      string `json:"verb"`
	UserAgent string `json:"userAgent"`
	User      struct {
		Username string `json:"username"`
	} `json:"user"`
	Object struct {
		Resource string `json:"resource"`
		Name     string `json:"name"`
	} `json:"objectRef"`
	Response struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

func audited(t *testing.T, log string) (writes []write) {
	t.Helper()
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w write
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			t.Fatal(err)
		}
		writes = append(writes, w)
	}
	return writes
}

// TestPluginHasItsOwnAccount runs a plugin under its own name, first without
// any rights.
func TestPluginHasItsOwnAccount(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane of its own, with an audit log")
	}
	log := filepath.Join(t.TempDir(), "audit.log")
	own, err := controlplane.Start(t.Context(), controlplane.Options{AuditLog: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Stop() })
	namespace, folder := own.NamespaceFor(t), t.TempDir()
	hosttest.PlaceController(t, "replicationcontroller", folder)
	s := start(t, own, folder, ownAccounts)
	create := func(name string, replicas int32) {
		t.Helper()
		_, err := s.client.CoreV1().ReplicationControllers(namespace).Create(t.Context(), rc(namespace, name, replicas), metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	create("too-early", 3)
	s.logged("Reconcile failed", "status=forbidden", "system:serviceaccount:kube-system:replication-controller")

	const account = "replication-controller"
	s.allow(account, rule("pods", "create", "get", "list"), rule("replicationcontrollers", "get"),
		rule("replicationcontrollers/status", "patch"), rule("events", "create", "patch"))
	create("web", 3)
	s.replicas(namespace, "web", 3)
	hosttest.Eventually(t, func() string {
		events, err := s.client.CoreV1().Events(namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=SuccessfulCreate"})
		if err != nil || len(events.Items) < 3 {
			return fmt.Sprintf("events: got %d (error %v), want one for each pod", len(events.Items), err)
		}
		return ""
	})

	accounts := s.client.CoreV1().ServiceAccounts(metav1.NamespaceSystem)
	if err := accounts.Delete(t.Context(), account, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	again := 0
	hosttest.Eventually(t, func() string { // the API server believes its tokens for some seconds more
		again++
		create(fmt.Sprint("again-", again), 1)
		s.replicas(namespace, fmt.Sprint("again-", again), 1)
		if _, err := accounts.Get(t.Context(), account, metav1.GetOptions{}); err != nil {
			return err.Error()
		}
		return ""
	})
	s.stop()
	checkAudit(t, audited(t, log), namespace)
}

// replicas waits until a ReplicationController has its pods.
func (s *stage) replicas(namespace, name string, want int32) {
	s.t.Helper()
	hosttest.Eventually(s.t, func() string {
		got, err := s.client.CoreV1().ReplicationControllers(namespace).Get(s.t.Context(), name, metav1.GetOptions{})
		if err != nil || got.Status.Replicas != want {
			return fmt.Sprintf("replicas of %s: got %d (error %v), want %d", name, got.Status.Replicas, err, want)
		}
		return ""
	})
}

// checkAudit holds that the plugin made its writes and the host made nothing
// but the account and requests for its tokens.
func checkAudit(t *testing.T, writes []write, namespace string) {
	t.Helper()
	forbidden, byPlugin := 0, map[string]int{}
	for _, w := range writes {
		what := w.Verb + " " + w.Object.Resource
		switch {
		case w.User.Username == "system:serviceaccount:kube-system:replication-controller":
			byPlugin[what]++
			if w.Response.Code == http.StatusForbidden {
				forbidden++
			}
			if want := "wcm/test replicationcontroller-controller"; w.UserAgent != want {
				t.Errorf("%s by the plugin: got user agent %q, want %q", what, w.UserAgent, want)
			}
		case w.UserAgent == "wcm/test":
			if w.Object.Resource != "serviceaccounts" && w.Object.Resource != "events" {
				t.Errorf("the host itself wrote: %+v", w)
			}
		}
	}
	for _, what := range []string{"create pods", "patch replicationcontrollers", "create events"} {
		if byPlugin[what] == 0 {
			t.Errorf("writes by the plugin in %s: got %v, want %s among them", namespace, byPlugin, what)
		}
	}
	if forbidden == 0 {
		t.Error("none of the writes was forbidden")
	}
}

// noTokens refuses tokens of one account.
type noTokens struct {
	http.RoundTripper
	account string
	refuse  *atomic.Bool
}

func (n noTokens) RoundTrip(r *http.Request) (*http.Response, error) {
	if n.refuse.Load() && strings.HasSuffix(r.URL.Path, "/serviceaccounts/"+n.account+"/token") {
		return nil, errors.New("there are no tokens today")
	}
	return n.RoundTripper.RoundTrip(r)
}

// TestPluginWithoutToken has a neighbour that gets its tokens.
func TestPluginWithoutToken(t *testing.T) {
	namespace, folder := plane.NamespaceFor(t), t.TempDir()
	for name, version := range map[string]string{"poor": "1", "good": "1"} {
		writeFile(t, filepath.Join(folder, name+".wasm"), stampModule(t, version))
	}
	writeFile(t, filepath.Join(folder, "poor.yaml"), []byte("serviceAccount: beggar\n"+hosttest.GrantAll))
	var refuse atomic.Bool
	refuse.Store(true)
	s := start(t, plane, folder, ownAccounts, func(o *host.Options) {
		o.Config.Wrap(func(next http.RoundTripper) http.RoundTripper { return noTokens{next, "beggar", &refuse} })
	})
	s.create(namespace, "first")
	const problem = "no token of ServiceAccount kube-system/beggar"
	s.event("PluginHasNoToken", "plugin poor: "+problem)
	s.logged("Reconcile failed", "controller=poor", "status=unavailable", problem)
	if got := s.status("poor").Problem; got == nil || !strings.Contains(got.Error(), problem) {
		t.Errorf("status of poor: got problem %v, want %q", got, problem)
	}
	s.allow("good", rule("configmaps", "patch"))
	s.stamped(namespace, "1")
	if got := s.status("good").Problem; got != nil {
		t.Errorf("status of good: got problem %v, want none", got)
	}

	refuse.Store(false)
	more := 0
	hosttest.Eventually(t, func() string { // its next request asks again, but not within a second
		more++
		s.create(namespace, fmt.Sprint("more-", more))
		if got := s.status("poor").Problem; got != nil {
			return got.Error()
		}
		return ""
	})
	s.event("PluginHasToken", "plugin poor")
	account, err := s.client.CoreV1().ServiceAccounts(metav1.NamespaceSystem).Get(t.Context(), "beggar", metav1.GetOptions{})
	if err != nil || account.Labels["app.kubernetes.io/managed-by"] == "" {
		t.Errorf("account of poor: got %+v and error %v, want one that says who made it", account, err)
	}
	if s.counter("wcm_token_requests_total") < 3 {
		t.Error("wcm_token_requests_total: want two successes and a failure at least")
	}
}
