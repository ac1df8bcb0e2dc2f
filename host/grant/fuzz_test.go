// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"errors"
	"net/url"
	"path"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// FuzzAllow decides on objects with odd names. Whatever the grants are,
//  1. what CheckTarget lets pass is one segment of a URL each, so that the
//     request goes to the object that was decided on;
//  2. only what a rule names is allowed, by a reading of the rules that knows
//     nothing of scopes;
//  3. a denial is fixed by the grant that it names, which is YAML.
func FuzzAllow(f *testing.F) {
	f.Add("a", "web-1", "", "a", "", "web-")
	f.Add("kube-system", "../x", "", "a", "x", "")
	f.Add("", "node", "", "", "", "")
	f.Add("a", "", "web-", "a b", "web-", "w")
	f.Add("a/../b", "x%2f..", "", "a", "x%2f..", "")
	f.Add("a", "\xff\"\n", "", "", "é\"", "")
	f.Fuzz(func(t *testing.T, namespace, name, generateName, namespaces, names, prefixes string) {
		if grant.CheckTarget(namespace, name, "") != nil || grant.CheckTarget("", generateName, "") != nil {
			return
		}
		segments(t, namespace, name)
		g := grant.Grants{Resources: []grant.Resource{limited(rule("core pods create,patch"), namespaces, names, prefixes)}}
		if g.Problems("") != nil {
			return
		}
		o := grant.Object{Resource: pods, Namespace: namespace, Name: name, GenerateName: generateName}
		err := grant.NewPolicy("web", description(), g).Allow("create", o)
		if want := allowed(&g.Resources[0], o); (err == nil) != want {
			t.Errorf("%v: Allow(create, %+v) = %v, want allowed: %t", g, o, err, want)
		}
		if err != nil {
			follow(t, g, o, err)
		}
	})
}

// segments checks that namespace and name stay where they are put in a URL.
func segments(t *testing.T, namespace, name string) {
	if namespace == "" || name == "" {
		return
	}
	text := "/api/v1/namespaces/" + namespace + "/pods/" + name
	u, err := url.Parse("https://host" + text)
	if err != nil || u.Path != text || path.Clean(text) != text || u.RawQuery != "" || u.Fragment != "" {
		t.Errorf("%q: the URL is %v (error %v), want one with that path", text, u, err)
	}
}

// allowed reads one rule as its documentation says.
func allowed(r *grant.Resource, o grant.Object) bool {
	listed := func(list []string, s string) bool {
		return strings.Contains(" "+strings.Join(list, " ")+" ", " "+s+" ")
	}
	if len(r.Namespaces) > 0 && !listed(r.Namespaces, o.Namespace) {
		return false
	}
	if len(r.Names)+len(r.NamePrefixes) == 0 {
		return true
	}
	if o.GenerateName == "" && o.Name != "" && listed(r.Names, o.Name) {
		return true
	}
	name := o.Name
	if o.GenerateName != "" {
		name = o.GenerateName[:min(58, len(o.GenerateName))]
	}
	for _, prefix := range r.NamePrefixes {
		if len(name) >= len(prefix) && name[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}

// follow adds the missing grant and asks again.
func follow(t *testing.T, g grant.Grants, o grant.Object, err error) {
	denied, ok := errors.AsType[*grant.DeniedError](err)
	if !ok {
		t.Fatalf("got %v, want a denial", err)
	}
	text, found := strings.CutPrefix(denied.Reason, "grant missing: ")
	var missing grant.Resource
	if err := yaml.UnmarshalStrict([]byte(text), &missing); !found || err != nil {
		t.Fatalf("%s: is no grant: %v", denied, err)
	}
	g.Resources = append(g.Resources, missing)
	if len(o.GenerateName) > 58 || o.Name == "" && o.GenerateName == "" {
		return // the prefix alone is not enough, or there is none
	}
	if problems := g.Problems(""); problems != nil {
		t.Errorf("%s: the grant is not valid: %v", denied, problems)
	}
	if err := grant.NewPolicy("web", description(), g).Allow("create", o); err != nil {
		t.Errorf("%s: with that grant: %v", denied, err)
	}
}
