// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

func TestNoProblems(t *testing.T) {
	good := grant.Grants{
		Resources: []grant.Resource{
			rule("core,apps,*,storage.k8s.io pods,pods/status,*/scale,* get,list,watch,create,update,patch,delete,deletecollection,*"),
			limited(rule("core pods get"), "a kube-system", "x system:node:a", "web-"),
		},
		Sign: []string{"accounts"}, FieldManagers: []string{"kube-controller-manager"},
	}
	if problems := good.Problems("grants."); problems != nil {
		t.Errorf("Problems of good grants: %v", problems)
	}
	if problems := (&grant.Grants{}).Problems("grants."); problems != nil {
		t.Errorf("Problems of no grants: %v", problems)
	}
}

func TestProblems(t *testing.T) {
	change := func(f func(*grant.Resource)) grant.Grants {
		r := rule("core pods get")
		f(&r)
		return grant.Grants{Resources: []grant.Resource{rule("core pods get"), r}}
	}
	tests := []struct {
		reason string
		grants grant.Grants
		want   string
	}{
		{"no groups", change(func(r *grant.Resource) { r.Groups = nil }),
			`grants.resources[1].groups: is empty, so the rule allows nothing; expected API groups, [""] for the core group`},
		{"no resources", change(func(r *grant.Resource) { r.Resources = nil }), "grants.resources[1].resources: is empty"},
		{"no verbs", change(func(r *grant.Resource) { r.Verbs = nil }), "grants.resources[1].verbs: is empty"},
		{"a version for a group", change(func(r *grant.Resource) { r.Groups = []string{"", "apps/v1"} }),
			`grants.resources[1].groups[1]: got "apps/v1", expected an API group such as apps, "" for the core group, or "*"`},
		{"a kind for a resource", change(func(r *grant.Resource) { r.Resources = []string{"Pod"} }),
			`grants.resources[1].resources[0]: got "Pod", expected a resource such as pods`},
		{"all subresources", change(func(r *grant.Resource) { r.Resources = []string{"pods/*"} }),
			`grants.resources[1].resources[0]: got "pods/*", expected each subresource by its name, as in RBAC: pods/status, or */scale`},
		{"everything, twice said", change(func(r *grant.Resource) { r.Resources = []string{"*/*"} }), `got "*/*"`},
		{"a path", change(func(r *grant.Resource) { r.Resources = []string{"pods/log/x"} }), `got "pods/log/x"`},
		{"an operation for a verb", change(func(r *grant.Resource) { r.Verbs = []string{"get", "apply"} }),
			`grants.resources[1].verbs[1]: got "apply", expected patch, of which apply is one kind`},
		{"no verb", change(func(r *grant.Resource) { r.Verbs = []string{"GET"} }), `expected one of get, list, watch`},
		{"all namespaces", change(func(r *grant.Resource) { r.Namespaces = []string{"*"} }),
			`grants.resources[1].namespaces[0]: got "*", expected names of namespaces; without namespaces the rule is for all`},
		{"no namespace", change(func(r *grant.Resource) { r.Namespaces = []string{""} }), `got "", expected the name of a namespace`},
		{"a namespace that cannot be", change(func(r *grant.Resource) { r.Namespaces = []string{"../a"} }), "namespaces[0]"},
		{"all names", change(func(r *grant.Resource) { r.Names = []string{"*"} }), "without names and namePrefixes the rule is for all"},
		{"a name that cannot be", change(func(r *grant.Resource) { r.Names = []string{"a/b"} }), `names[0]: got "a/b", expected a name of an object`},
		{"the prefix of everything", change(func(r *grant.Resource) { r.NamePrefixes = []string{""} }), "namePrefixes[0]"},
		{"collections have no names", change(func(r *grant.Resource) {
			r.Verbs, r.Names = []string{"deletecollection"}, []string{"a"}
		}), "grants.resources[1].verbs: deletecollection deletes objects of any name"},
		{"no key", grant.Grants{Sign: []string{"a", ""}}, `grants.sign[1]: got "", expected the name of a key of the host`},
		{"no field manager", grant.Grants{FieldManagers: []string{""}}, "grants.fieldManagers[0]"},
		{"an endless field manager", grant.Grants{FieldManagers: []string{strings.Repeat("x", 129)}}, "1 to 128 printable"},
		{"a field manager with a line break", grant.Grants{FieldManagers: []string{"a\nb"}}, `got "a\nb"`},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			if err := errors.Join(test.grants.Problems("grants.")...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Problems of %v: got %v, want an error with %q", test.grants, err, test.want)
			}
		})
	}
}

func TestProblemsAreAll(t *testing.T) {
	g := grant.Grants{Resources: []grant.Resource{{Groups: []string{"A"}, Verbs: []string{"B"}}}, Sign: []string{""}}
	err := errors.Join(g.Problems("")...)
	for _, want := range []string{"resources[0].groups[0]", "resources[0].resources: is empty", "verbs[0]", "sign[0]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Problems: got %v, want %q in it", err, want)
		}
	}
}
