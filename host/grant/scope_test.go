// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// rule makes a rule of words: "core pods get,list".
func rule(text string) grant.Resource {
	var lists [3][]string
	for i, word := range strings.Fields(text) {
		lists[i] = strings.Split(word, ",")
	}
	for i, group := range lists[0] {
		if group == "core" {
			lists[0][i] = ""
		}
	}
	return grant.Resource{Groups: lists[0], Resources: lists[1], Verbs: lists[2]}
}

func limited(r grant.Resource, namespaces, names, prefixes string) grant.Resource {
	r.Namespaces, r.Names, r.NamePrefixes = strings.Fields(namespaces), strings.Fields(names), strings.Fields(prefixes)
	return r
}

func TestScopeOfVerbsAndResources(t *testing.T) {
	tests := []struct {
		reason string
		rule   string
		// What is asked for: group, resource, subresource, verb.
		group, resource, subresource, verb string
		want                               bool
	}{
		{"what the rule says", "core pods get", "", "pods", "", "get", true},
		{"another verb", "core pods get", "", "pods", "", "list", false},
		{"another resource", "core pods get", "", "secrets", "", "get", false},
		{"another group", "core pods get", "metrics.k8s.io", "pods", "", "get", false},
		{"the core group is no wildcard", "core deployments get", "apps", "deployments", "", "get", false},
		{"a part of a name is not the name", "core pods get", "", "pod", "", "get", false},
		{"names are written in one way", "core pods get", "", "Pods", "", "get", false},
		{"one of several of each", "core,apps pods,deployments get,patch", "apps", "deployments", "", "patch", true},
		{"a resource is not its subresources", "core pods *", "", "pods", "exec", "create", false},
		{"nor the other way round", "core pods/status *", "", "pods", "", "patch", false},
		{"a subresource", "core pods/status patch", "", "pods", "status", "patch", true},
		{"another subresource", "core pods/status patch", "", "pods", "statu", "patch", false},
		{"a subresource of another resource", "core pods/status patch", "", "nodes", "status", "patch", false},
		{"the end of a subresource's name", "core */scale get", "apps", "deployments", "autoscale", "get", false},
		{"every verb", "core pods *", "", "pods", "", "deletecollection", true},
		{"every group", "* pods get", "metrics.k8s.io", "pods", "", "get", true},
		{"every resource", "core * get", "", "secrets", "", "get", true},
		{"and all their subresources", "core * create", "", "pods", "exec", "create", true},
		{"every resource of one group", "apps * get", "", "secrets", "", "get", false},
		{"one subresource of every resource", "* */scale get", "apps", "deployments", "scale", "get", true},
		{"which is not the resource", "* */scale get", "apps", "deployments", "", "get", false},
		{"nor another subresource", "* */scale get", "apps", "deployments", "status", "get", false},
		{"RBAC knows no pods/*", "core pods/* create", "", "pods", "exec", "create", false},
		{"and a resource cannot be called so", "core pods/* create", "", "pods", "*", "create", true},
		{"a star is a wildcard in a rule only", "core pods get", "*", "*", "", "*", false},
		{"update is not patch", "core pods update", "", "pods", "", "patch", false},
		{"delete is not deletecollection", "core pods delete", "", "pods", "", "deletecollection", false},
		{"an empty list allows nothing", "core", "", "pods", "", "get", false},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			g := grant.Grants{Resources: []grant.Resource{rule(test.rule)}}
			s := g.Scope(test.group, test.resource, test.subresource, test.verb)
			if got := s.Has("any", "thing"); got != test.want || s.Everything() != test.want || s.Nothing() == test.want {
				t.Errorf("rule %s: %s %s/%s in %q: got %t, everything %t, nothing %t; want %t",
					test.rule, test.verb, test.resource, test.subresource, test.group, got, s.Everything(), s.Nothing(), test.want)
			}
		})
	}
}

// TestScopeLimits asks of scopes which objects are in them.
func TestScopeLimits(t *testing.T) {
	pods := rule("core pods get")
	everywhere := limited(pods, "", "", "")
	inA := limited(pods, "a", "", "")
	webInA := limited(pods, "a", "web", "")
	webs := limited(pods, "", "", "web-")
	tests := []struct {
		reason          string
		rules           []grant.Resource
		namespace, name string
		want            bool
	}{
		{"no rule", nil, "a", "web", false},
		{"no limits", []grant.Resource{everywhere}, "a", "web", true},
		{"no limits and no namespace", []grant.Resource{everywhere}, "", "node-1", true},
		{"a namespace", []grant.Resource{inA}, "a", "web", true},
		{"another namespace", []grant.Resource{inA}, "kube-system", "web", false},
		{"one that begins so", []grant.Resource{inA}, "a2", "web", false},
		{"cluster-scoped objects are in no namespace", []grant.Resource{inA}, "", "web", false},
		{"a name", []grant.Resource{webInA}, "a", "web", true},
		{"another name", []grant.Resource{webInA}, "a", "web-1", false},
		{"the name in another namespace", []grant.Resource{webInA}, "b", "web", false},
		{"a name that begins so", []grant.Resource{webs}, "b", "web-1", true},
		{"the prefix itself", []grant.Resource{webs}, "b", "web-", true},
		{"what is shorter than the prefix", []grant.Resource{webs}, "b", "web", false},
		{"what has the prefix elsewhere", []grant.Resource{webs}, "b", "a-web-1", false},
		{"no name", []grant.Resource{webs}, "b", "", false},
		{"names and prefixes are alternatives", []grant.Resource{limited(pods, "", "db", "web-")}, "b", "db", true},
		{"rules are alternatives", []grant.Resource{webInA, limited(pods, "b", "db", "")}, "b", "db", true},
		{"limits of one rule do not mix with those of another", []grant.Resource{webInA, limited(pods, "b", "db", "")}, "b", "web", false},
		{"a wider rule wins", []grant.Resource{webInA, everywhere}, "b", "db", true},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			g := grant.Grants{Resources: test.rules}
			s := g.Scope("", "pods", "", "get")
			if got := s.Has(test.namespace, test.name); got != test.want {
				t.Errorf("%v: Has(%q, %q) = %t, want %t", test.rules, test.namespace, test.name, got, test.want)
			}
		})
	}
}

// TestScopeOfMany asks about lists, collections and names that are not known yet.
func TestScopeOfMany(t *testing.T) {
	pods := rule("core pods list")
	long := strings.Repeat("x", 58)
	tests := []struct {
		reason         string
		rule           grant.Resource
		namespace      string
		reaches, whole bool
		generateName   string
		generated      bool
	}{
		{"no limits, everywhere", pods, "", true, true, "web-", true},
		{"no limits, in a namespace", pods, "a", true, true, "web-", true},
		{"a namespace", limited(pods, "a", "", ""), "a", true, true, "web-", true},
		{"a part of everywhere", limited(pods, "a", "", ""), "", true, false, "web-", false},
		{"another namespace", limited(pods, "a", "", ""), "b", false, false, "web-", false},
		{"a name", limited(pods, "a", "web-1", ""), "a", true, false, "web-", false},
		{"a prefix", limited(pods, "a", "", "web-"), "a", true, false, "web-", true},
		{"a prefix of the prefix", limited(pods, "a", "", "web-"), "a", true, false, "web-db-", true},
		{"a shorter one could become anything", limited(pods, "a", "", "web-"), "a", true, false, "we", false},
		{"a prefix in another namespace", limited(pods, "a", "", "web-"), "b", false, false, "web-", false},
		{"API servers cut long ones, here within the prefix", limited(pods, "", "", long+"y"), "a", true, false, long + "yz", false},
		{"and here behind it", limited(pods, "", "", long), "a", true, false, long + "yz", true},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			g := grant.Grants{Resources: []grant.Resource{test.rule}}
			s := g.Scope("", "pods", "", "list")
			if got := s.Reaches(test.namespace); got != test.reaches {
				t.Errorf("%v: Reaches(%q) = %t, want %t", test.rule, test.namespace, got, test.reaches)
			}
			if got := s.Whole(test.namespace); got != test.whole {
				t.Errorf("%v: Whole(%q) = %t, want %t", test.rule, test.namespace, got, test.whole)
			}
			if got := s.HasGenerated(test.namespace, test.generateName); got != test.generated {
				t.Errorf("%v: HasGenerated(%q, %q) = %t, want %t", test.rule, test.namespace, test.generateName, got, test.generated)
			}
		})
	}
}
