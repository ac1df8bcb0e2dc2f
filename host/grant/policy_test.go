// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

// The resources of the description below.
const (
	pods = iota
	secrets
	deployments
	nodes
	leases
)

func description() *abi.Description {
	shape := &record.Shape{Kind: record.Struct}
	return &abi.Description{
		Name: "web",
		Resources: []abi.Resource{
			pods: {Version: "v1", Resource: "pods", Projection: shape,
				Writes: []string{"create", "delete", "deletecollection", "patch", "status/patch"}},
			secrets:     {Version: "v1", Resource: "secrets", Reads: []string{"get"}},
			deployments: {Group: "apps", Version: "v1", Resource: "deployments", Reads: []string{"scale/get", "list"}},
			nodes:       {Version: "v1", Resource: "nodes"}, // watched
			leases:      {Group: "coordination.k8s.io", Version: "v1", Resource: "leases"},
		},
		Controllers: []abi.Controller{{Name: "web", Watches: []abi.Watch{
			{Resource: pods, Mapping: abi.MapFor}, {Resource: nodes, Mapping: abi.MapAll},
		}}},
		FieldManagers: []string{"historical"},
		Sign:          []string{"accounts"},
		Discover:      true,
	}
}

// trusting grants all that the description wants.
func trusting() grant.Grants { return grant.Wanted(description()) }

// TestAllow decides on verbs and objects, and words what it denies.
func TestAllow(t *testing.T) {
	inA := grant.Grants{Resources: []grant.Resource{
		limited(rule("core pods *"), "a", "", ""),
		limited(rule("core secrets get"), "a", "token", ""),
		limited(rule("core pods create"), "b", "", "web-"),
	}}
	everything := grant.Grants{Resources: []grant.Resource{rule("* * *")}}
	tests := []struct {
		reason string
		grants grant.Grants
		verb   string
		object grant.Object
		want   string // behind: denied: plugin "web" may not
	}{
		{"wanted and granted", inA, "patch", grant.Object{Resource: pods, Namespace: "a", Name: "x"}, ""},
		{"everything that is wanted, granted", trusting(), "status/patch", grant.Object{Resource: pods, Namespace: "a", Name: "x"}, ""},
		{"nothing granted", grant.Grants{}, "delete", grant.Object{Resource: pods, Namespace: "kube-system", Name: "x"},
			`delete pods "x" in namespace "kube-system": grant missing: {groups: [""], resources: ["pods"], verbs: ["delete"], namespaces: ["kube-system"]}`},
		{"another namespace", inA, "patch", grant.Object{Resource: pods, Namespace: "kube-system", Name: "x"},
			`patch pods "x" in namespace "kube-system": grant missing: {groups: [""], resources: ["pods"], verbs: ["patch"], namespaces: ["kube-system"]}`},
		{"another name, of which the rule must speak", inA, "get", grant.Object{Resource: secrets, Namespace: "a", Name: "other"},
			`get secrets "other" in namespace "a": grant missing: {groups: [""], resources: ["secrets"], verbs: ["get"], namespaces: ["a"], names: ["other"]}`},
		{"a subresource that the rule does not name", inA, "status/patch", grant.Object{Resource: pods, Namespace: "a", Name: "x"},
			`patch pods/status "x" in namespace "a": grant missing: {groups: [""], resources: ["pods/status"], verbs: ["patch"], namespaces: ["a"]}`},
		{"a subresource of another group", inA, "scale/get", grant.Object{Resource: deployments, Namespace: "a", Name: "x"},
			`get deployments.apps/scale "x" in namespace "a": grant missing: {groups: ["apps"], resources: ["deployments/scale"], verbs: ["get"], namespaces: ["a"]}`},
		{"granted, and not wanted", everything, "update", grant.Object{Resource: pods, Namespace: "a", Name: "x"},
			`update pods "x" in namespace "a": the module does not ask for it: writes of v1/pods lack "update"`},
		{"a subresource that is not wanted", everything, "exec/create", grant.Object{Resource: pods, Namespace: "a", Name: "x"},
			`create pods/exec "x" in namespace "a": the module does not ask for it: writes of v1/pods lack "exec/create"`},
		{"a read that is not wanted", everything, "get", grant.Object{Resource: leases, Namespace: "a", Name: "x"},
			`get leases.coordination.k8s.io "x" in namespace "a": the module does not ask for it: reads of coordination.k8s.io/v1/leases lack "get"`},
		{"a read of what is only watched", everything, "get", grant.Object{Resource: nodes, Name: "x"},
			`get nodes "x": the module does not ask for it: reads of v1/nodes lack "get"`},
		{"a generated name", inA, "create", grant.Object{Resource: pods, Namespace: "b", GenerateName: "web-1-"}, ""},
		{"another generated name", inA, "create", grant.Object{Resource: pods, Namespace: "b", GenerateName: "db-"},
			`create pods "db-*" in namespace "b": grant missing: {groups: [""], resources: ["pods"], verbs: ["create"], namespaces: ["b"], namePrefixes: ["db-"]}`},
		{"no name at all, where names are limited", inA, "create", grant.Object{Resource: pods, Namespace: "b"},
			`create pods in namespace "b": grant missing: {groups: [""], resources: ["pods"], verbs: ["create"], namespaces: ["b"]}`},
		{"no name at all, where they are not", inA, "create", grant.Object{Resource: pods, Namespace: "a"}, ""},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			err := grant.NewPolicy("web", description(), test.grants).Allow(test.verb, test.object)
			expect(t, err, test.want)
		})
	}
}

// expect compares a denial with its words; "" means that there is none.
func expect(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("got %v, want it allowed", err)
		}
		return
	}
	denied, ok := errors.AsType[*grant.DeniedError](err)
	if full := `denied: plugin "web" may not ` + want; !ok || denied.Error() != full {
		t.Errorf("got  %v\nwant %s", err, full)
	}
}

func TestAllowCollections(t *testing.T) {
	g := grant.Grants{Resources: []grant.Resource{
		limited(rule("core pods deletecollection"), "a", "", ""),
		limited(rule("core pods *"), "b", "", "web-"),
		limited(rule("apps deployments list"), "a", "", "web-"),
	}}
	p := grant.NewPolicy("web", description(), g)
	expect(t, p.AllowCollection(grant.Object{Resource: pods, Namespace: "a"}), "")
	expect(t, p.AllowCollection(grant.Object{Resource: pods, Namespace: "b"}),
		`deletecollection pods in namespace "b": grant missing: {groups: [""], resources: ["pods"], verbs: ["deletecollection"], namespaces: ["b"]}`)
	expect(t, p.AllowCollection(grant.Object{Resource: pods, Namespace: ""}),
		`deletecollection pods: grant missing: {groups: [""], resources: ["pods"], verbs: ["deletecollection"]}`)
	_, err := p.AllowList(grant.Object{Resource: deployments, Namespace: "b"})
	expect(t, err, `list deployments.apps in namespace "b": grant missing: {groups: ["apps"], resources: ["deployments"], verbs: ["list"], namespaces: ["b"]}`)
	_, err = p.AllowList(grant.Object{Resource: secrets, Namespace: "a"})
	expect(t, err, `list secrets in namespace "a": the module does not ask for it: reads of v1/secrets lack "list"`)
	for _, namespace := range []string{"a", ""} {
		scope, err := p.AllowList(grant.Object{Resource: deployments, Namespace: namespace})
		expect(t, err, "")
		if !scope.Has("a", "web-1") || scope.Has("a", "db") || scope.Has("b", "web-1") {
			t.Errorf("AllowList in %q: got a scope that shows another part than was granted", namespace)
		}
	}
}

// TestView: the cache shows what all of the verbs are granted for that it
// stands for.
func TestView(t *testing.T) {
	p := grant.NewPolicy("web", description(), trusting())
	if v := p.View(pods); !v.Everything() || !v.Has("a", "x") {
		t.Error("a view with all grants: got one that hides something")
	}
	p = grant.NewPolicy("web", description(), grant.Grants{Resources: []grant.Resource{
		limited(rule("core pods get"), "a b", "", ""), limited(rule("core pods list,watch"), "b c", "", ""),
		rule("core nodes list"), limited(rule("core nodes watch"), "", "node-1", ""),
	}})
	for namespace, want := range map[string]bool{"a": false, "b": true, "c": false} {
		if v := p.View(pods); v.Everything() || v.Has(namespace, "x") != want {
			t.Errorf("pods of namespace %s: shown %t, want %t", namespace, !want, want)
		}
	}
	for name, want := range map[string]bool{"node-1": true, "node-2": false} {
		if v := p.View(nodes); v.Everything() || v.Has("", name) != want {
			t.Errorf("%s, which is watched: shown %t, want %t", name, !want, want)
		}
	}
	if v := p.View(leases); !v.Everything() {
		t.Error("a resource that is not cached: got a view that hides something")
	}
}

// TestViewNamespaces: of a view it is known to which namespaces it is limited, if it is.
func TestViewNamespaces(t *testing.T) {
	get, list := rule("core pods get"), rule("core pods list,watch")
	in := func(r grant.Resource, namespaces string) grant.Resource { return limited(r, namespaces, "", "") }
	for _, c := range []struct {
		why   string
		rules []grant.Resource
		want  []string
	}{
		{"no limits", []grant.Resource{get, list}, nil},
		{"several rules", []grant.Resource{in(get, "b a"), in(get, "c"), list}, []string{"a", "b", "c"}},
		{"one rule without", []grant.Resource{in(get, "a"), get, list}, nil},
		{"the fewest", []grant.Resource{in(get, "a b c"), in(list, "a b")}, []string{"a", "b"}},
		{"nothing granted", []grant.Resource{list}, []string{}},
		{"limited by name", []grant.Resource{limited(get, "", "n", ""), list}, nil},
	} {
		p := grant.NewPolicy("web", description(), grant.Grants{Resources: c.rules})
		if diff := cmp.Diff(c.want, p.View(pods).Namespaces()); diff != "" {
			t.Errorf("%s: namespaces (-want +got):\n%s", c.why, diff)
		}
	}
}

func TestAllowEvent(t *testing.T) {
	p := grant.NewPolicy("web", description(), grant.Grants{Resources: []grant.Resource{
		limited(rule("core pods delete"), "a", "", ""), rule("core leases *"), rule("apps deployments/scale get"),
	}})
	expect(t, p.AllowEvent(grant.Object{Resource: pods, Namespace: "a", Name: "x"}), "")
	expect(t, p.AllowEvent(grant.Object{Resource: deployments, Namespace: "a", Name: "x"}), "")
	expect(t, p.AllowEvent(grant.Object{Resource: pods, Namespace: "kube-system", Name: "x"}),
		`report events about pods "x" in namespace "kube-system": it may neither read nor write the object`)
	expect(t, p.AllowEvent(grant.Object{Resource: leases, Namespace: "a", Name: "x"}),
		`report events about leases.coordination.k8s.io "x" in namespace "a": it may neither read nor write the object`)
}

func TestAllowFieldManager(t *testing.T) {
	tests := []struct{ reason, name, want string }{
		{"its own, unsaid", "", ""},
		{"its own", "web", ""},
		{"a part of itself", "web/labels", ""},
		{"wanted and granted", "historical", ""},
		{"another plugin's", "database", `write as field manager "database": the module does not ask for it in field_managers`},
		{"a plugin's whose name begins so", "web2", `write as field manager "web2": the module does not ask for it in field_managers`},
		{"the host's", "kubectl", `write as field manager "kubectl": the module does not ask for it in field_managers`},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			g := grant.Grants{FieldManagers: []string{"historical", "kubectl"}}
			expect(t, grant.NewPolicy("web", description(), g).AllowFieldManager(test.name), test.want)
		})
	}
	expect(t, grant.NewPolicy("web", description(), grant.Grants{}).AllowFieldManager("historical"),
		`write as field manager "historical": grant missing: {fieldManagers: ["historical"]}`)
}

func TestAllowSign(t *testing.T) {
	granted, none := grant.NewPolicy("web", description(), trusting()), grant.NewPolicy("web", description(), grant.Grants{})
	expect(t, granted.AllowSign("accounts"), "")
	expect(t, granted.AllowSign("other"), `sign with key "other": the module does not ask for it in sign`)
	expect(t, none.AllowSign("accounts"), `sign with key "accounts": grant missing: {sign: ["accounts"]}`)
}

func TestWanted(t *testing.T) {
	want := grant.Grants{
		Resources: []grant.Resource{
			rule("core pods get,list,watch,create,delete,deletecollection,patch"),
			rule("core pods/status patch"),
			rule("core secrets get"),
			rule("apps deployments/scale get"),
			rule("apps deployments list"),
			rule("core nodes list,watch"),
		},
		Sign: []string{"accounts"}, FieldManagers: []string{"historical"}, Discover: true,
	}
	if diff := cmp.Diff(want, trusting()); diff != "" {
		t.Errorf("Wanted (-want +got):\n%s", diff)
	}
	p := grant.NewPolicy("web", description(), want)
	reads, writes := p.Missing(), p.MissingWrites()
	if !reads.Empty() || !writes.Empty() {
		t.Errorf("with all that is wanted: got %s and %s missing, want nothing", reads, writes)
	}
}

func TestMissing(t *testing.T) {
	p := grant.NewPolicy("web", description(), grant.Grants{Resources: []grant.Resource{
		limited(rule("core pods get,list,create"), "a", "", ""), // some of it is enough
		rule("apps deployments *"),
	}})
	want := `{resources: [{groups: [""], resources: ["pods"], verbs: ["watch"]}, ` +
		`{groups: [""], resources: ["secrets"], verbs: ["get"]}, ` +
		`{groups: ["apps"], resources: ["deployments/scale"], verbs: ["get"]}, ` +
		`{groups: [""], resources: ["nodes"], verbs: ["list", "watch"]}], sign: ["accounts"], discover: true}`
	if got := p.Missing().String(); got != want {
		t.Errorf("Missing:\n got %s\nwant %s", got, want)
	}
	want = `{resources: [{groups: [""], resources: ["pods"], verbs: ["delete", "deletecollection", "patch"]}, ` +
		`{groups: [""], resources: ["pods/status"], verbs: ["patch"]}], fieldManagers: ["historical"]}`
	if got := p.MissingWrites().String(); got != want {
		t.Errorf("MissingWrites:\n got %s\nwant %s", got, want)
	}
}

func TestSame(t *testing.T) {
	policy := func(g grant.Grants) *grant.Policy { return grant.NewPolicy("web", description(), g) }
	more := trusting()
	more.Resources = append(more.Resources, rule("batch jobs *"))
	less := trusting()
	less.Resources = less.Resources[1:]
	limits := trusting()
	limits.Resources[0].Namespaces = []string{"a"}
	noKeys := trusting()
	noKeys.Sign = nil
	for reason, test := range map[string]struct {
		other grant.Grants
		want  bool
	}{
		"the same grants":              {trusting(), true},
		"one more, which nobody wants": {more, true},
		"a rule less":                  {less, false},
		"a limit more":                 {limits, false},
		"a key less":                   {noKeys, false},
		"nothing":                      {grant.Grants{}, false},
	} {
		if got := policy(trusting()).Same(policy(test.other)); got != test.want {
			t.Errorf("%s: Same = %t, want %t", reason, got, test.want)
		}
	}
}
