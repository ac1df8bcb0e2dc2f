// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/manifest"
)

// rulesIn renders the roles of some grants and returns their rules alone.
func rulesIn(t *testing.T, grants string) string {
	t.Helper()
	m, err := manifest.Parse([]byte("grants: {resources: [" + grants + "]}"))
	if err != nil {
		t.Fatal(err)
	}
	r := newRoles(wishful(), m.Grants)
	r.subject = subject{serviceAccount, "wishful", "kube-system"}
	var rules strings.Builder
	for document := range strings.SplitSeq(r.String(), "---\n") {
		if head, body, found := strings.Cut(document, "rules:\n"); found {
			_, namespace, limited := strings.Cut(head, "namespace: ")
			if !limited {
				namespace = "the cluster\n"
			}
			rules.WriteString("in " + namespace + body)
		}
	}
	return rules.String()
}

func TestRoles(t *testing.T) {
	tests := []struct{ reason, grants, want string }{
		{"nothing is granted", ``, ``},
		{"what is not wanted", `{groups: [batch], resources: [jobs], verbs: ["*"]}`, ``},
		{"a wildcard is what is wanted of it", `{groups: ["*"], resources: ["*"], verbs: [get]}`, `in the cluster
- apiGroups: [""]
  resources: ["pods"]
  verbs: ["get"]
- apiGroups: [""]
  resources: ["secrets"]
  verbs: ["get"]
- apiGroups: ["apps"]
  resources: ["deployments/scale"]
  verbs: ["get"]
# It reports Events about these objects.
- apiGroups: ["", "events.k8s.io"]
  resources: ["events"]
  verbs: ["create", "patch"]
`},
		{"a role in each namespace", `{groups: [""], resources: [secrets], verbs: [get], namespaces: [b, a]}`, `in a
- apiGroups: [""]
  resources: ["secrets"]
  verbs: ["get"]
# It reports Events about these objects.
- apiGroups: ["", "events.k8s.io"]
  resources: ["events"]
  verbs: ["create", "patch"]
in b
- apiGroups: [""]
  resources: ["secrets"]
  verbs: ["get"]
# It reports Events about these objects.
- apiGroups: ["", "events.k8s.io"]
  resources: ["events"]
  verbs: ["create", "patch"]
`},
		{"names, as far as RBAC has them", `{groups: [""], resources: [pods], verbs: ["*"], namespaces: [a], names: [x]}`, `in a
# The host's cache is not affected by names; a live list will be forbidden.
- apiGroups: [""]
  resources: ["pods"]
  verbs: ["get", "list", "watch", "delete"]
  resourceNames: ["x"]
# RBAC cannot limit create to names: the host holds the plugin to ["x"].
- apiGroups: [""]
  resources: ["pods"]
  verbs: ["create"]
# It reports Events about these objects.
- apiGroups: ["", "events.k8s.io"]
  resources: ["events"]
  verbs: ["create", "patch"]
`},
		{"prefixes, which it has not", `{groups: [""], resources: [secrets], verbs: [get], names: [x], namePrefixes: [web-]}`, `in the cluster
# RBAC knows no prefixes: the host holds the plugin to names that are ["x"] or begin with ["web-"].
- apiGroups: [""]
  resources: ["secrets"]
  verbs: ["get"]
# It reports Events about these objects.
- apiGroups: ["", "events.k8s.io"]
  resources: ["events"]
  verbs: ["create", "patch"]
`},
		{"prefixes alone", `{groups: [""], resources: [secrets], verbs: [get], namespaces: [a], namePrefixes: [web-, db-]}`, `in a
# RBAC knows no prefixes: the host holds the plugin to names that begin with ["web-", "db-"].
- apiGroups: [""]
  resources: ["secrets"]
  verbs: ["get"]
# It reports Events about these objects.
- apiGroups: ["", "events.k8s.io"]
  resources: ["events"]
  verbs: ["create", "patch"]
`},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			if diff := cmp.Diff(test.want, rulesIn(t, test.grants)); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRolesAreApplied gives the objects to a real API server, which is strict.
func TestRolesAreApplied(t *testing.T) {
	plane := controlplane.Shared(t)
	namespace := plane.NamespaceFor(t)
	g := grant.Wanted(wishful().description)
	g.Resources = append(g.Resources[1:], grant.Resource{
		Groups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"*"}, Namespaces: []string{namespace}, Names: []string{"x"},
	})
	p := wishful()
	p.path = namespace + ".wasm" // the names of ClusterRoles are for all tests
	r := newRoles(p, g)
	r.subject = subject{serviceAccount, "wishful", namespace}
	want := map[string]int{"ServiceAccount": 1, "ClusterRole": 1, "ClusterRoleBinding": 1, "Role": 1, "RoleBinding": 1}
	if diff := cmp.Diff(want, create(t, plane, r.String())); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

// create makes the objects of a text and returns how many of each kind there are.
func create(t *testing.T, plane *controlplane.Plane, text string) map[string]int {
	t.Helper()
	client := dynamic.NewForConfigOrDie(plane.RESTConfig())
	created := map[string]int{}
	for document := range strings.SplitSeq(text, "---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
			t.Fatalf("%v:\n%s", err, document)
		}
		resource := client.Resource(resourceOf(object))
		var to dynamic.ResourceInterface = resource
		if object.GetNamespace() != "" {
			to = resource.Namespace(object.GetNamespace())
		}
		if _, err := to.Create(t.Context(), object, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}); err != nil {
			t.Errorf("%v:\n%s", err, document)
		}
		created[object.GetKind()]++
	}
	return created
}

func resourceOf(object *unstructured.Unstructured) schema.GroupVersionResource {
	kind := object.GroupVersionKind()
	return kind.GroupVersion().WithResource(strings.ToLower(kind.Kind) + "s")
}

// TestRolesInANamespace runs a plugin under its own name, with grants in one
// namespace and the objects that rbac prints for them, and nothing else.
func TestRolesInANamespace(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	folder := pluginFolder(t, "plugins/replicationcontroller")
	module, grants := filepath.Join(folder, "replicationcontroller-controller.wasm"), filepath.Join(folder, "replicationcontroller-controller.yaml")
	limited := fmt.Appendf(nil, "controllers: [replicationcontroller-controller]\ngrants: {resources: [{groups: [''], resources: ['*'], verbs: ['*'], namespaces: [%s]}]}", c.namespace)
	if err := os.WriteFile(grants, limited, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CACHE_DIRECTORY", filepath.Join(os.TempDir(), "wcm-test-cache"))
	objects, err := exec.CommandContext(t.Context(), name, "rbac", module, "--grants", grants, "--namespace", c.namespace).Output()
	if err != nil {
		t.Fatal(err)
	}
	create(t, plane, string(objects))
	p := launch(t, plane.Kubeconfig(), folder, append(electionFlags(c.namespace),
		"--use-service-account-credentials", "--service-account-namespace="+c.namespace)...)
	p.ready()
	c.create("web", 3)
	c.converges()
	hosttest.Eventually(t, func() string {
		events, err := c.client.CoreV1().Events(c.namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=SuccessfulCreate"})
		if err != nil || len(events.Items) == 0 {
			return fmt.Sprintf("no event was recorded (error %v)", err)
		}
		return ""
	})
	if strings.Contains(p.log.String(), "is forbidden") {
		t.Error("the log speaks of something that is forbidden, want the objects to be enough")
	}
}
