// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

var anything = &abi.Description{Discover: true, Resources: []abi.Resource{{
	Group: "*", Version: "*", Resource: "*", Kind: "*",
	Reads: []string{"get", "list"}, Writes: []string{"delete", "deletecollection", "status/patch"},
}}}

// TestAny decides about resources that are known when they are asked for.
func TestAny(t *testing.T) {
	everything := grant.Resource{Groups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"get", "list", "delete", "deletecollection"}}
	onlyPods := grant.Resource{Groups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"*"}, Namespaces: []string{"a"}}
	status := grant.Resource{Groups: []string{"apps"}, Resources: []string{"*/status"}, Verbs: []string{"patch"}}
	pod, secret, deployment := &abi.Target{Version: "v1", Resource: "pods"}, &abi.Target{Version: "v1", Resource: "secrets"}, &abi.Target{Group: "apps", Version: "v1", Resource: "deployments"}
	for _, test := range []struct {
		reason string
		grants []grant.Resource
		verb   string
		target *abi.Target
		in     string
		denied string // a part; "" if it is allowed
	}{
		{"a wildcard is every resource", []grant.Resource{everything}, "delete", secret, "a", ""},
		{"in any group", []grant.Resource{everything}, "list", deployment, "a", ""},
		{"of the verbs that it has", []grant.Resource{everything}, "status/patch", deployment, "a",
			`grant missing: {groups: ["apps"], resources: ["deployments/status"], verbs: ["patch"], namespaces: ["a"]}`},
		{"a rule for one resource is for that", []grant.Resource{onlyPods}, "delete", pod, "a", ""},
		{"and no other", []grant.Resource{onlyPods}, "delete", secret, "a", `may not delete secrets "x" in namespace "a"`},
		{"nor in another namespace", []grant.Resource{onlyPods}, "delete", pod, "b", `may not delete pods "x" in namespace "b"`},
		{"the status of every resource of a group", []grant.Resource{status}, "status/patch", deployment, "a", ""},
		{"is not that of another group", []grant.Resource{status}, "status/patch", pod, "a", `may not patch pods/status "x"`},
		{"what the module does not ask for is not granted", []grant.Resource{onlyPods}, "create", pod, "a",
			`the module does not ask for it: writes of */*/* lack "create"`},
	} {
		p := grant.NewPolicy("p", anything, grant.Grants{Resources: test.grants, Discover: true})
		err := p.Allow(test.verb, grant.Object{Target: test.target, Namespace: test.in, Name: "x"})
		if (err == nil) != (test.denied == "") || err != nil && !strings.Contains(err.Error(), test.denied) {
			t.Errorf("%s: %s of %s: got %v, want %q", test.reason, test.verb, test.target, err, test.denied)
		}
	}
	some := grant.NewPolicy("p", anything, grant.Grants{Resources: []grant.Resource{onlyPods}})
	if got := some.Missing().String(); got != "{discover: true}" {
		t.Errorf("with reads of one resource there is missing %s, want discover alone", got)
	}
	none := grant.NewPolicy("p", anything, grant.Grants{Resources: []grant.Resource{status}, Discover: true})
	if got, want := none.Missing().String(), `{resources: [{groups: ["*"], resources: ["*"], verbs: ["get", "list"]}]}`; got != want {
		t.Errorf("without reads there is missing %s, want %s", got, want)
	}
	want := []grant.Resource{
		{Groups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"get", "list", "delete", "deletecollection"}},
		{Groups: []string{"apps"}, Resources: []string{"*/status"}, Verbs: []string{"patch"}},
	}
	if diff := cmp.Diff(want, grant.Effective(anything, grant.Grants{Resources: []grant.Resource{everything, status}})); diff != "" {
		t.Errorf("Effective (-want +got):\n%s", diff)
	}
}

// TestCheckResource: a target is one resource and no way to another.
func TestCheckResource(t *testing.T) {
	for _, test := range []struct {
		target      abi.Target
		subresource string
		good        bool
	}{
		{abi.Target{Version: "v1", Resource: "pods"}, "status", true},
		{abi.Target{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}, "", true},
		{abi.Target{Version: "v1", Resource: "namespaces"}, "finalize", true},
		{abi.Target{Version: "v1", Resource: "namespaces"}, "pods", false},
		{abi.Target{Version: "v1", Resource: "watch"}, "", false},
		{abi.Target{Version: "v1", Resource: "proxy"}, "", false},
		{abi.Target{Version: "v1", Resource: "../secrets"}, "", false},
		{abi.Target{Version: "v1", Resource: ".."}, "", false},
		{abi.Target{Version: "v1", Resource: "pods/status"}, "", false},
		{abi.Target{Version: "v1", Resource: "Pods"}, "", false},
		{abi.Target{Version: "v1", Resource: "pods%2fa"}, "", false},
		{abi.Target{Version: "v1", Resource: "pods?watch"}, "", false},
		{abi.Target{Version: "v1", Resource: "*"}, "", false},
		{abi.Target{Version: "v1"}, "", false},
		{abi.Target{Resource: "pods"}, "", false},
		{abi.Target{Version: "v1/namespaces/a", Resource: "pods"}, "", false},
		{abi.Target{Group: "*", Version: "v1", Resource: "pods"}, "", false},
		{abi.Target{Group: "apps/v1", Version: "v1", Resource: "pods"}, "", false},
		{abi.Target{Group: "a..b", Version: "v1", Resource: "pods"}, "", false},
		{abi.Target{Version: "v1", Resource: "pods", Kind: "Pod\n"}, "", false},
	} {
		if err := grant.CheckResource(&test.target, test.subresource); (err == nil) != test.good {
			t.Errorf("CheckResource(%q, %q) = %v, want it good: %t", test.target, test.subresource, err, test.good)
		}
	}
}
