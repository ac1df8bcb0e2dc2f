// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package garbagecollector

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	os.Exit(m.Run())
}

// served has a kind in namespaces, Child and Owner, and one without, Root.
func served() []sdk.APIResource {
	all := []string{"delete", "get", "list", "patch", "watch"}
	return []sdk.APIResource{
		{Group: "example.com", Version: "v1", Resource: "owners", Kind: "Owner", Namespaced: true, Verbs: all, Preferred: true},
		{Group: "example.com", Version: "v1beta1", Resource: "owners", Kind: "Owner", Namespaced: true, Verbs: all},
		{Version: "v1", Resource: "children", Kind: "Child", Namespaced: true, Verbs: all, Preferred: true},
		{Version: "v1", Resource: "roots", Kind: "Root", Verbs: all, Preferred: true},
	}
}

// The uids of the objects of the tests.
func uid(name string) string {
	return "00000000-0000-4000-8000-" + strings.Repeat("0", 12-len(name)) + hexed(name)
}

// hexed writes a name of letters from a to f as it is.
func hexed(name string) string { return name }

// ref is an owner reference: "Owner a", with " blocks" behind it if it blocks, and
// " as UID" if its uid is another object's.
func ref(text string) map[string]any {
	kind, name, _ := strings.Cut(text, " ")
	name, blocks := strings.CutSuffix(name, " blocks")
	name, other, differs := strings.Cut(name, " as ")
	version := map[string]string{"Owner": "example.com/v1", "Old": "example.com/v1beta1", "Child": "v1", "Root": "v1", "Ghost": "example.com/v1"}[kind]
	if kind == "Old" {
		kind = "Owner"
	}
	r := map[string]any{"apiVersion": version, "kind": kind, "name": name, "uid": uid(name)}
	if differs {
		r["uid"] = uid(other)
	}
	if blocks {
		r["blockOwnerDeletion"] = true
	}
	return r
}

// object is an object of the namespace ns, or of none if it is a Root.
func object(kind, name string, owners ...string) map[string]any {
	metadata := map[string]any{"namespace": "ns", "name": name, "uid": uid(name)}
	if kind == "Root" {
		delete(metadata, "namespace")
	}
	var refs []any
	for _, owner := range owners {
		refs = append(refs, ref(owner))
	}
	if refs != nil {
		metadata["ownerReferences"] = refs
	}
	return map[string]any{"kind": kind, "metadata": metadata}
}

// elsewhere moves an object into another namespace.
func elsewhere(o map[string]any) map[string]any {
	o["metadata"].(map[string]any)["namespace"] = "elsewhere"
	return o
}

func held(o map[string]any, finalizers ...any) map[string]any {
	o["metadata"].(map[string]any)["finalizers"] = finalizers
	return o
}

// left returns what there is: "Owner/a", with its owners in brackets, "!" if it is
// being deleted, and its finalizers.
func left(env *sdktest.Env) string {
	var all []string
	for _, kind := range []string{"Child", "Owner", "Root"} {
		for _, o := range env.List(kind) {
			text := kind + "/" + o.Key().Name
			if owners, _ := o.Field("metadata.ownerReferences").([]any); len(owners) > 0 {
				var names []string
				for _, owner := range owners {
					names = append(names, owner.(map[string]any)["name"].(string))
				}
				text += "(" + strings.Join(names, ",") + ")"
			}
			if o.Text("metadata.deletionTimestamp") != "" {
				text += "!"
			}
			if finalizers, _ := o.Field("metadata.finalizers").([]any); len(finalizers) > 0 {
				for _, f := range finalizers {
					text += "+" + f.(string)
				}
			}
			all = append(all, text)
		}
	}
	return strings.Join(all, " ")
}

var owner = sdk.Key{Namespace: "ns", Name: "a"}

// TestRules has one case for each rule of the documented behaviour.
func TestRules(t *testing.T) {
	remove := func(kind string, policy sdk.Propagation) func(*sdktest.Env) {
		return func(env *sdktest.Env) {
			key := owner
			if kind == "Root" {
				key.Namespace = ""
			}
			env.Delete(kind, key, policy)
		}
	}
	nothing := func(*sdktest.Env) {}
	for _, test := range []struct {
		rule    string
		objects []map[string]any
		do      func(*sdktest.Env)
		want    string
	}{
		{"background: the dependents of what is gone go", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a"), object("Child", "c", "Child b"), object("Child", "d")},
			remove("Owner", sdk.Background), "Child/d"},
		{"what has another owner stays, without the one that is gone", []map[string]any{object("Owner", "a"), object("Owner", "b"), object("Child", "c", "Owner a", "Owner b")},
			remove("Owner", sdk.Background), "Child/c(b) Owner/b"},
		{"orphan: the dependents stay, without the owner", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a"), object("Child", "c", "Owner a", "Child b")},
			remove("Owner", sdk.Orphan), "Child/b Child/c(b)"},
		{"foreground: the owner goes after its dependents", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a blocks"), object("Child", "c", "Child b blocks")},
			remove("Owner", sdk.Foreground), ""},
		{"foreground: what blocks and cannot go holds the owner", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a blocks"), "x")},
			remove("Owner", sdk.Foreground), "Child/b(a)!+x Owner/a!+foregroundDeletion"},
		{"foreground: what does not block does not hold it", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a"), "x")},
			remove("Owner", sdk.Foreground), "Child/b(a)!+x"},
		{"foreground: a dependent with dependents is deleted in the foreground as well", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a blocks"), held(object("Child", "c", "Child b blocks"), "x")},
			remove("Owner", sdk.Foreground), "Child/b(a)!+foregroundDeletion Child/c(b)!+x Owner/a!+foregroundDeletion"},
		{"foreground: what has another owner stays and does not hold it", []map[string]any{object("Owner", "a"), object("Owner", "b"), object("Child", "c", "Owner a blocks", "Owner b")},
			remove("Owner", sdk.Foreground), "Child/c(b) Owner/b"},
		{"foreground: a circle does not hold anybody", []map[string]any{object("Owner", "a", "Child c blocks"), object("Child", "b", "Owner a blocks"), object("Child", "c", "Child b blocks")},
			remove("Owner", sdk.Foreground), ""},
		{"foreground: other finalizers hold the owner", []map[string]any{held(object("Owner", "a"), "x"), object("Child", "b", "Owner a blocks")},
			remove("Owner", sdk.Foreground), "Owner/a!+x"},
		{"an owner that is being deleted in the background is still there", []map[string]any{held(object("Owner", "a"), "x"), object("Child", "b", "Owner a")},
			remove("Owner", sdk.Background), "Child/b(a) Owner/a!+x"},
		{"a dependent that asked to orphan its own is deleted so", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a"), "orphan"), object("Child", "c", "Child b")},
			remove("Owner", sdk.Background), "Child/c"},
		{"an owner without a namespace owns in all", []map[string]any{object("Root", "a"), object("Child", "b", "Root a"), object("Root", "c", "Root a")},
			remove("Root", sdk.Background), ""},
		{"what nobody owns stays", []map[string]any{object("Child", "b"), object("Root", "c")}, nothing, "Child/b Root/c"},
		{"an owner that never was is asked for", []map[string]any{object("Child", "b", "Owner a")}, nothing, ""},
		{"an owner of another uid is another one", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a as e")}, nothing, "Owner/a"},
		{"an owner of another name is another one", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner e as a")}, nothing, "Owner/a"},
		{"an owner of another kind is another one", []map[string]any{object("Owner", "a"), object("Child", "b", "Child a")}, nothing, "Owner/a"},
		{"an owner is the same in another version", []map[string]any{object("Owner", "a"), object("Child", "b", "Old a")}, nothing, "Child/b(a) Owner/a"},
		{"an owner of another namespace is none", []map[string]any{elsewhere(object("Owner", "a")), object("Child", "b", "Owner a")}, nothing, "Owner/a"},
		{"what has no namespace and an owner in one stays", []map[string]any{object("Owner", "a"), object("Root", "b", "Owner a")}, nothing, "Owner/a Root/b(a)"},
		{"an owner that was seen to go is gone, also when nobody can be asked any more", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a")},
			func(env *sdktest.Env) {
				env.Delete("Owner", owner)
				env.Serve(served()[2:]...)
			}, ""},
		{"an owner of a kind that is not served is not taken for gone", []map[string]any{object("Child", "b", "Ghost a")}, nothing, "Child/b(a)"},
		{"nor does it let others be judged", []map[string]any{object("Child", "b", "Ghost a", "Owner c")}, nothing, "Child/b(a,c)"},
	} {
		env := sdktest.New(t)
		env.Serve(served()...)
		for _, o := range test.objects {
			env.Add(o)
		}
		if err := env.Settle(); err != nil {
			t.Errorf("%s: at first: %v", test.rule, err)
		}
		test.do(env)
		if err := env.Settle(); err != nil {
			t.Errorf("%s: %v", test.rule, err)
		}
		env.Serve(served()...)
		if got := left(env); got != test.want {
			t.Errorf("%s: left are %q, want %q", test.rule, got, test.want)
		}
	}
}

// TestEvents: people learn of an owner that can be none.
func TestEvents(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()...)
	env.Add(elsewhere(object("Owner", "a")))
	env.Add(object("Child", "b", "Owner a"))
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	want := sdktest.Event{
		Kind: "Child", Key: sdk.Key{Namespace: "ns", Name: "b"}, Type: "Warning", Reason: "OwnerRefInvalidNamespace", Source: Name, Count: 1,
		Message: "ownerRef [example.com/v1/Owner, namespace: ns, name: a, uid: " + uid("a") + `] does not exist in namespace "ns"`,
	}
	if events := env.Events(); !slices.Equal(events, []sdktest.Event{want}) {
		t.Errorf("events: %+v, want %+v", events, want)
	}
}

// TestPreconditions: every delete is of the object that was looked at, as it was.
func TestPreconditions(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()...)
	env.Add(object("Child", "b", "Owner a"))
	version := env.Get("Child", sdk.Key{Namespace: "ns", Name: "b"}).Text("metadata.resourceVersion")
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	writes := env.Writes()
	if len(writes) != 1 || writes[0].Op != abi.OpDelete || writes[0].Write.UID != uid("b") || version != "1" || writes[0].Write.Observed != 1 ||
		writes[0].Write.Propagation != sdk.Background {
		t.Errorf("writes: %+v, want one delete in the background with uid and version", writes)
	}
}

// TestBusyObject: an object that changes faster than it can be deleted is deleted
// nevertheless, as long as its owners are the same.
func TestBusyObject(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()...)
	env.Add(object("Child", "b", "Owner a"))
	refused := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpDelete && o.Write.Observed != 0 {
			refused++
			return &sdk.APIError{Status: abi.StatusConflict, Message: "changed"}
		}
		return nil
	}
	if err := env.Settle(); err != nil {
		t.Error(err)
	}
	if got := left(env); got != "" || refused != 1 {
		t.Errorf("left are %q after %d conflicts, want nothing after one", got, refused)
	}
}

// TestUnreachable: what cannot be asked is not taken for gone.
func TestUnreachable(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()...)
	env.Add(object("Child", "b", "Owner a"))
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpGet && o.Resource == "example.com/v1/owners" {
			return &sdk.APIError{Status: abi.StatusUnavailable, Message: "no answer"}
		}
		return nil
	}
	if err := env.Settle(); err == nil {
		t.Error("Settle: no error, want to be tried again")
	}
	if got, want := left(env), "Child/b(a)"; got != want {
		t.Errorf("left are %q, want %q", got, want)
	}
}
