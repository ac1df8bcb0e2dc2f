// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// TestNothingIsGrantedByDefault loads a module without an operator's file and
// follows what the host says: each refusal and denial names the grant that
// mends it.
func TestNothingIsGrantedByDefault(t *testing.T) {
	namespace, other := plane.NamespaceFor(t), plane.NamespaceFor(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	manifest := filepath.Join(folder, "stamp.yaml")
	writeFile(t, manifest, nil)
	s := start(t, plane, folder)
	s.create(namespace, "object")
	s.create(other, "object")
	reads := `{resources: [{groups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"]}]}`
	s.logged("Plugin is not loaded", "plugin=stamp", "lacks grants for what it reads and calls; to allow it, add to "+manifest+": grants: "+escaped(reads))
	s.event("PluginNotLoaded", reads)
	if got := s.labelled("wcm_modules_refused_total", "reason", "grants"); got != 1 {
		t.Errorf("modules refused for their grants: got %v, want 1", got)
	}

	writeFile(t, manifest, []byte("grants: "+reads))
	s.logged("Plugin wants writes that it is not granted", "plugin=stamp", escaped(`{groups: [""], resources: ["configmaps"], verbs: ["patch"]}`))
	s.logged("Operation denied", "plugin=stamp", "operation=patch", escaped(`may not patch configmaps "object" in namespace `))
	hosttest.Eventually(t, func() string {
		if s.labelled("wcm_host_calls_total", "status", "denied") == 0 {
			return "wcm_host_calls_total counts no operation as denied"
		}
		return ""
	})

	writeFile(t, manifest, []byte("grants: "+strings.Replace(reads, `"watch"]`, `"watch", "patch"], namespaces: ["`+namespace+`"]`, 1)))
	s.stamped(namespace, "1")
	s.untouched(other, "object")
}

// escaped is how a text stands in the log between quotes.
func escaped(text string) string { return strings.ReplaceAll(text, `"`, `\"`) }

// TestLimitedPluginIsNotWoken limits a plugin to names and a namespace. What it
// may not see does not wake it, so nothing is denied.
func TestLimitedPluginIsNotWoken(t *testing.T) {
	namespace, other := plane.NamespaceFor(t), plane.NamespaceFor(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	writeFile(t, filepath.Join(folder, "stamp.yaml"), fmt.Appendf(nil,
		`grants: {resources: [{groups: [""], resources: [configmaps], verbs: ["*"], namespaces: [%s], names: [one], namePrefixes: [web-]}]}`, namespace))
	s := start(t, plane, folder)
	for _, name := range []string{"one", "web-1", "db"} {
		s.create(namespace, name)
		s.create(other, name)
	}
	s.stamped(namespace, "1", "db")
	s.create(namespace, "web-2")
	s.stamped(namespace, "1", "db")
	s.untouched(namespace, "db")
	s.untouched(other, "one", "web-1", "db")
	if got := s.labelled("wcm_wakeups_total", "result", "delivered"); got < 3 || got > 6 {
		t.Errorf("changes that woke the plugin: got %v, want those of three objects", got)
	}
	if got := s.labelled("wcm_host_calls_total", "status", "denied"); got != 0 {
		t.Errorf("operations denied: got %v, want none, since the plugin does not know of other objects", got)
	}
}

// TestGrantsAreTakenAway: a file that takes grants away counts, also when the
// plugin that it stands beside cannot be loaded with it.
func TestGrantsAreTakenAway(t *testing.T) {
	namespace, other := plane.NamespaceFor(t), plane.NamespaceFor(t)
	folder := t.TempDir()
	module, manifest := filepath.Join(folder, "stamp.wasm"), filepath.Join(folder, "stamp.yaml")
	writeFile(t, module, stampModule(t, "1"))
	s := start(t, plane, folder)
	s.create(namespace, "before")
	s.stamped(namespace, "1")

	limited := fmt.Sprintf(`grants: {resources: [{groups: [""], resources: [configmaps], verbs: ["*"], namespaces: [%s]}]}`, namespace)
	writeFile(t, manifest, []byte(limited+"\nsettings: {unknown: 1}"))
	s.logged("Version that runs is held to the newer grants", "plugin=stamp")
	s.logged("Plugin is not loaded", "cannot be used with "+manifest+": settings: the module takes none")
	s.create(other, "hidden")
	s.create(namespace, "after")
	s.stamped(namespace, "1")
	s.untouched(other, "hidden")

	writeFile(t, manifest, []byte("grants: {}"))
	s.logged("Version that ran is stopped", "plugin=stamp", "lacks grants")
	s.create(namespace, "late")
	if status := s.host.Status(); len(status) != 1 || status[0].Failure == nil || len(status[0].Controllers) != 0 {
		t.Errorf("Status: got %+v, want a plugin that failed and has no controllers", status)
	}
	s.untouched(namespace, "late")

	writeFile(t, manifest, []byte(limited))
	s.stamped(namespace, "1")

	remove(t, manifest) // and with it all grants
	s.inState("stamp", metric.PluginRefused)
	s.create(namespace, "later")
	if status := s.status("stamp"); status.Digest != "" || !strings.Contains(errorText(status.Failure), "lacks grants") {
		t.Errorf("without an operator's file: got %+v, want a plugin that does not run for lack of grants", status)
	}
	s.untouched(namespace, "later")
}

// untouched checks that the plugin stamp left objects alone.
func (s *stage) untouched(namespace string, names ...string) {
	s.t.Helper()
	for _, name := range names {
		object, err := s.client.CoreV1().ConfigMaps(namespace).Get(s.t.Context(), name, metav1.GetOptions{})
		if err != nil || len(object.Data) != 0 {
			s.t.Errorf("ConfigMap %s/%s: got data %v (error %v), want none", namespace, name, object.Data, err)
		}
	}
}

// labelled returns the sum of a metric's series that have a label.
func (s *stage) labelled(name, label, value string) float64 {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, pair := range m.GetLabel() {
				if f.GetName() == name && pair.GetName() == label && pair.GetValue() == value {
					sum += m.GetCounter().GetValue()
				}
			}
		}
	}
	return sum
}

// TestIntruder lets a plugin with narrow grants try to get at another namespace,
// other names, groups and subresources of a real API server.
func TestIntruder(t *testing.T) {
	own, victim := plane.NamespaceFor(t), plane.NamespaceFor(t)
	folder := t.TempDir()
	hosttest.BuildPlugin(t, "host/testdata/intruder", filepath.Join(folder, "intruder.wasm"))
	grants, err := os.ReadFile("testdata/intruder/grants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(folder, "intruder.yaml"), []byte(strings.ReplaceAll(string(grants), "OWN", own)))
	s := start(t, plane, folder)
	s.secret(own, "own")
	s.secret(own, "hidden")
	s.secret(victim, "token")
	s.configMap(victim, "plain", nil)
	s.logged("Plugin loaded", "plugin=intruder")
	s.configMap(own, "orders", map[string]string{"victim": victim})

	want := map[string]string{
		"victim": victim, "done": "yes",
		"seen": "1", "seen-live": "1", // its own secret

		"get-path":                      "bad_request",
		"get-path-of-a-namespace":       "bad_request",
		"get-nothing":                   "bad_request",
		"get-other-namespace":           "denied",
		"get-other-namespace-here":      "denied",
		"get-other-name":                "denied",
		"list-other-namespace":          "denied",
		"list-other-namespace-live":     "denied",
		"patch-other-namespace":         "denied",
		"patch-path":                    "bad_request",
		"patch-subresource":             "denied",
		"patch-subresource-path":        "bad_request",
		"patch-as-another":              "denied",
		"patch-other-group":             "denied",
		"scale-other-group":             "denied",
		"get-subresource-of-nothing":    "bad_request",
		"delete-other-namespace":        "denied",
		"delete-all-of-other-namespace": "denied",
		"delete-all":                    "denied",
		"delete-all-by-a-subresource":   "bad_request",
		"create-other-namespace":        "denied",
		"create-other-name":             "denied",
		"create-namespace-in-the-body":  "bad_request", // says the API server
		"create-two-names":              "bad_request",
		"create-two-metadata":           "ok", // the one that was checked was created
		"create-generated":              "denied",
		"apply-creates":                 "denied",
		"apply-another-name":            "bad_request", // says the API server
		"apply-what-is-there":           "ok",
	}
	var got map[string]string
	hosttest.Eventually(t, func() string {
		orders, err := s.client.CoreV1().ConfigMaps(own).Get(t.Context(), "orders", metav1.GetOptions{})
		if err != nil || orders.Data["done"] == "" {
			return fmt.Sprintf("the plugin has not reported yet (error %v)", err)
		}
		got = orders.Data
		return ""
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what came of the attacks (-want +got):\n%s", diff)
	}
	s.unharmed(own, victim)
	if s.log.has("Reconcile failed", "controller=intruder") {
		t.Error("the plugin was woken for an object that it does not see")
	}
	s.logged("Operation denied", "plugin=intruder", "operation=delete", escaped(fmt.Sprintf(
		`denied: plugin "intruder" may not delete secrets "token" in namespace %q: grant missing: {groups: [""], resources: ["secrets"], verbs: ["delete"], namespaces: [%q]}`, victim, victim)))
}

// unharmed checks the places that the intruder was after.
func (s *stage) unharmed(own, victim string) {
	s.t.Helper()
	plain, err := s.client.CoreV1().ConfigMaps(victim).Get(s.t.Context(), "plain", metav1.GetOptions{})
	if err != nil || len(plain.Labels) > 0 {
		s.t.Errorf("ConfigMap of the victim: got labels %v, error %v; want it untouched", plain.Labels, err)
	}
	if _, err := s.client.CoreV1().Secrets(victim).Get(s.t.Context(), "token", metav1.GetOptions{}); err != nil {
		s.t.Errorf("Secret of the victim: %v", err)
	}
	if _, err := s.client.CoreV1().ConfigMaps(own).Get(s.t.Context(), "planted", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		s.t.Errorf("ConfigMap planted: got error %v, want it not found", err)
	}
	for _, namespace := range []string{own, victim} {
		list, err := s.client.CoreV1().ConfigMaps(namespace).List(s.t.Context(), metav1.ListOptions{})
		for _, object := range list.Items {
			if err != nil || strings.HasPrefix(object.Name, "planted") || namespace == victim && strings.HasPrefix(object.Name, "web-") {
				s.t.Errorf("ConfigMap %s/%s should not be there (error %v)", namespace, object.Name, err)
			}
		}
	}
	events, err := s.client.CoreV1().Events(victim).List(s.t.Context(), metav1.ListOptions{FieldSelector: "reason=Intruded"})
	if err != nil || len(events.Items) > 0 {
		s.t.Errorf("events about objects of the victim: got %d, error %v; want none", len(events.Items), err)
	}
}

func (s *stage) configMap(namespace, name string, data map[string]string) {
	s.t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
	if _, err := s.client.CoreV1().ConfigMaps(namespace).Create(s.t.Context(), object, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) secret(namespace, name string) {
	s.t.Helper()
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"key": "secret"}}
	if _, err := s.client.CoreV1().Secrets(namespace).Create(s.t.Context(), object, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// TestProjectionOfSecrets: a module that would read Secrets which nobody granted
// is not loaded, and no cache of them is filled.
func TestProjectionOfSecrets(t *testing.T) {
	folder := t.TempDir()
	hosttest.BuildPlugin(t, "host/testdata/intruder", filepath.Join(folder, "intruder.wasm"))
	writeFile(t, filepath.Join(folder, "intruder.yaml"), []byte(`grants: {resources: [{groups: [""], resources: [configmaps], verbs: ["*"]}, {groups: [apps], resources: ["*"], verbs: ["*"]}]}`))
	s := start(t, plane, folder)
	s.logged("Plugin is not loaded", "plugin=intruder", escaped(`grants: {resources: [{groups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"]}]}`))
	if s.log.has("Cache filled", "resource=v1/secrets") {
		t.Error("a cache of Secrets was filled")
	}
}

// TestUIDForbidsCreation: what access relies on where a plugin may not create.
// A uid in a write of what does not exist is a conflict, not a new object.
func TestUIDForbidsCreation(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	client := kubernetes.NewForConfigOrDie(plane.RESTConfig()).CoordinationV1() // an update of a Lease can create it
	for verb, request := range map[string]*rest.Request{
		"apply":  client.RESTClient().Patch(types.ApplyPatchType).Param("fieldManager", "test"),
		"update": client.RESTClient().Put(),
	} {
		body := `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"` + verb + `","uid":"x"}}`
		err := request.Namespace(namespace).Resource("leases").Name(verb).Body([]byte(body)).Do(t.Context()).Error()
		if !apierrors.IsConflict(err) {
			t.Errorf("%s of what does not exist, with a uid: got error %v, want a conflict", verb, err)
		}
		if _, err := client.Leases(namespace).Get(t.Context(), verb, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("Lease after %s: got error %v, want it not found", verb, err)
		}
	}
}
