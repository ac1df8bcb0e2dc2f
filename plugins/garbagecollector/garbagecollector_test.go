// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package garbagecollector

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
		{Group: "other.example.com", Version: "v1", Resource: "owners", Kind: "Owner", Namespaced: true, Verbs: all, Preferred: true},
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
	version := map[string]string{"Owner": "example.com/v1", "Old": "example.com/v1beta1", "Child": "v1", "Root": "v1", "Ghost": "example.com/v1", "Namesake": "other.example.com/v1"}[kind]
	if kind == "Old" || kind == "Namesake" {
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
	both := func(first, second func(*sdktest.Env)) func(*sdktest.Env) {
		return func(env *sdktest.Env) {
			first(env)
			if err := env.Settle(); err != nil {
				t.Errorf("between the two: %v", err)
			}
			second(env)
		}
	}
	add := func(objects ...map[string]any) func(*sdktest.Env) {
		return func(env *sdktest.Env) {
			for _, o := range objects {
				env.Add(o)
			}
		}
	}
	patch := func(kind, name, change string) func(*sdktest.Env) {
		return func(env *sdktest.Env) { env.Patch(kind, sdk.Key{Namespace: "ns", Name: name}, change) }
	}
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
		{"foreground: a longer circle, which waits for nobody else", []map[string]any{object("Owner", "a", "Child d blocks"), object("Child", "b", "Owner a blocks"), object("Child", "c", "Child b blocks"), object("Child", "d", "Child c blocks")},
			remove("Owner", sdk.Foreground), ""},
		{"foreground: what does not block goes, also if it owns what waits", []map[string]any{object("Owner", "a"), held(object("Child", "e", "Owner a blocks"), "x"), object("Child", "b", "Owner a"), object("Child", "c", "Child b"), held(object("Child", "d", "Child c blocks"), "x")},
			both(func(env *sdktest.Env) { env.Delete("Child", sdk.Key{Namespace: "ns", Name: "c"}, sdk.Foreground) }, remove("Owner", sdk.Foreground)),
			"Child/c(b)!+foregroundDeletion Child/d(c)!+x Child/e(a)!+x Owner/a!+foregroundDeletion"},
		{"foreground: what owns itself does not wait for itself", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a blocks", "Child b blocks")},
			remove("Owner", sdk.Foreground), "Child/b(b)"},
		{"foreground: of several owners that wait, none waits for ever", []map[string]any{object("Owner", "a"), object("Owner", "b"), object("Child", "c", "Owner a blocks", "Owner b blocks")},
			both(remove("Owner", sdk.Foreground), func(env *sdktest.Env) { env.Delete("Owner", sdk.Key{Namespace: "ns", Name: "b"}, sdk.Foreground) }), ""},
		{"foreground: with one owner that waits and one that is gone", []map[string]any{object("Owner", "a"), object("Owner", "b"), held(object("Child", "c", "Owner a blocks", "Owner b blocks"), "x")},
			both(func(env *sdktest.Env) { env.Delete("Owner", sdk.Key{Namespace: "ns", Name: "b"}) }, remove("Owner", sdk.Foreground)), "Child/c(a)!+x Owner/a!+foregroundDeletion"},
		{"foreground: a dependent that comes late goes as well", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a blocks"), "x")},
			both(remove("Owner", sdk.Foreground), add(object("Child", "c", "Owner a blocks"))), "Child/b(a)!+x Owner/a!+foregroundDeletion"},
		{"foreground: what blocks no more lets it go", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a blocks"), "x")},
			both(remove("Owner", sdk.Foreground), patch("Child", "b", `{"metadata":{"ownerReferences":null}}`)), "Child/b!+x"},
		{"foreground: what can go at last lets it go", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a blocks"), "x")},
			both(remove("Owner", sdk.Foreground), patch("Child", "b", `{"metadata":{"finalizers":null}}`)), ""},
		{"foreground after background", []map[string]any{held(object("Owner", "a"), "x"), object("Child", "b", "Owner a blocks")},
			both(remove("Owner", sdk.Background), remove("Owner", sdk.Foreground)), "Owner/a!+x"},
		{"foreground by hand, while it is being deleted", []map[string]any{held(object("Owner", "a"), "x"), object("Child", "b", "Owner a blocks")},
			both(remove("Owner", sdk.Background), patch("Owner", "a", `{"metadata":{"finalizers":["x","foregroundDeletion"]}}`)), "Owner/a!+x"},
		{"foreground by hand, before it is deleted", []map[string]any{held(object("Owner", "a"), "foregroundDeletion"), object("Child", "b", "Owner a blocks")},
			both(nothing, func(env *sdktest.Env) { env.Delete("Owner", owner) }), ""},
		{"a finalizer of ours does nothing before the deletion", []map[string]any{held(object("Owner", "a"), "foregroundDeletion"), held(object("Owner", "b"), "orphan"), object("Child", "c", "Owner a blocks", "Owner b")},
			nothing, "Child/c(a,b) Owner/a+foregroundDeletion Owner/b+orphan"},
		{"orphan by hand, before it is deleted", []map[string]any{held(object("Owner", "a"), "orphan"), object("Child", "b", "Owner a blocks")},
			func(env *sdktest.Env) { env.Delete("Owner", owner) }, "Child/b"},
		{"orphan by hand, while it is being deleted", []map[string]any{held(object("Owner", "a"), "x"), object("Child", "b", "Owner a blocks")},
			both(remove("Owner", sdk.Background), patch("Owner", "a", `{"metadata":{"finalizers":["x","orphan"]}}`)), "Child/b Owner/a!+x"},
		{"orphan after foreground: what is left stays", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a blocks"), "x"), object("Child", "c", "Owner a blocks")},
			both(remove("Owner", sdk.Foreground), remove("Owner", sdk.Orphan)), "Child/b!+x"},
		{"background after foreground: it does not wait any more", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a blocks"), "x")},
			both(remove("Owner", sdk.Foreground), remove("Owner", sdk.Background)), "Child/b(a)!+x"},
		{"orphan: what is being deleted is taken out, too", []map[string]any{object("Owner", "a"), held(object("Child", "b", "Owner a"), "x")},
			both(func(env *sdktest.Env) { env.Delete("Child", sdk.Key{Namespace: "ns", Name: "b"}) }, remove("Owner", sdk.Orphan)), "Child/b!+x"},
		{"orphan: an owner named twice is taken out twice", []map[string]any{object("Owner", "a"), object("Owner", "c"), object("Child", "b", "Owner a", "Owner c", "Owner a blocks")},
			remove("Owner", sdk.Orphan), "Child/b(c) Owner/c"},
		{"what is created after its owner went goes", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a")},
			both(remove("Owner", sdk.Background), add(object("Child", "c", "Owner a"))), ""},
		{"a new owner of the same name is another one", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a")},
			func(env *sdktest.Env) {
				env.Kill("Owner", owner)
				again := object("Owner", "a")
				again["metadata"].(map[string]any)["uid"] = uid("f")
				env.Add(again)
			}, "Owner/a"},
		{"what comes to be owned by nobody goes", []map[string]any{object("Child", "b")},
			patch("Child", "b", `{"metadata":{"ownerReferences":[{"apiVersion":"example.com/v1","kind":"Owner","name":"a","uid":"`+uid("a")+`"}]}}`), ""},
		{"what is being deleted is left alone", []map[string]any{held(object("Child", "b", "Owner a"), "x")},
			nothing, "Child/b(a)!+x"},
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
		{"also if it is of the same group", []map[string]any{object("Child", "a"), object("Child", "b", "Root a")}, nothing, "Child/a"},
		{"an owner of another group is another one", []map[string]any{object("Owner", "a"), object("Child", "b", "Namesake a")}, nothing, "Owner/a"},
		{"an owner without a namespace that never was is asked for", []map[string]any{object("Root", "c", "Root a"), object("Child", "b", "Root a")}, nothing, ""},
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

// TestEvents: people learn once of an owner that can be none.
func TestEvents(t *testing.T) {
	for _, test := range []struct {
		child map[string]any
		key   sdk.Key
	}{
		{object("Child", "b", "Owner a"), sdk.Key{Namespace: "ns", Name: "b"}},
		{object("Root", "b", "Owner a"), sdk.Key{Name: "b"}},
	} {
		env := sdktest.New(t)
		env.Serve(served()...)
		env.Add(elsewhere(object("Owner", "a")))
		env.Add(test.child)
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
		want := sdktest.Event{
			Kind: test.child["kind"].(string), Key: test.key, Type: "Warning", Reason: "OwnerRefInvalidNamespace", Source: Name, Count: 1,
			Message: fmt.Sprintf("ownerRef [example.com/v1/Owner, namespace: %s, name: a, uid: %s] does not exist in namespace %q", test.key.Namespace, uid("a"), test.key.Namespace),
		}
		if events := env.Events(); !slices.Equal(events, []sdktest.Event{want}) {
			t.Errorf("events: %+v, want %+v", events, want)
		}
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

// TestUnseenOwner: an owner that the API server has and no cache is looked for
// again, since nothing tells if it goes.
func TestUnseenOwner(t *testing.T) {
	env := sdktest.New(t)
	all := served()
	all[0].Verbs, all[1].Verbs = []string{"get"}, []string{"get"} // it cannot be watched
	env.Serve(all...)
	env.Add(object("Owner", "a"))
	env.Add(object("Child", "b", "Owner a"))
	asked := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpGet && o.Resource == "example.com/v1/owners" {
			asked++
		}
		return nil
	}
	for _, step := range []struct {
		after time.Duration
		do    func()
		want  string
		asked int
	}{
		{0, func() {}, "Child/b(a) Owner/a", 1},
		{blindDelay - time.Second, func() { env.Kill("Owner", owner) }, "Child/b(a)", 1},
		{time.Second, func() {}, "", 2},
	} {
		step.do()
		env.Advance(step.after)
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
		if got := left(env); got != step.want || asked != step.asked {
			t.Errorf("after %s: left are %q, the owner was asked for %d times; want %q and %d", step.after, got, asked, step.want, step.asked)
		}
	}
}

// TestUnservedOwner: when the kind of an owner is served, it is looked for.
func TestUnservedOwner(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()[2:]...)
	env.Add(object("Child", "b", "Owner a"))
	for _, want := range []int{1, 0} {
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
		if got := len(env.List("Child")); got != want {
			t.Errorf("%d are left, want %d", got, want)
		}
		env.Serve(served()...)
		env.Advance(blindDelay)
	}
}

// TestOrphanMany: an owner goes when all of its dependents have lost it, however
// many they are.
func TestOrphanMany(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()...)
	env.Add(object("Owner", "a"))
	const many = 2*batch + 1
	for i := range many {
		child := object("Child", "b", "Owner a")
		m := child["metadata"].(map[string]any)
		m["name"], m["uid"] = "b"+strconv.Itoa(i), "00000000-0000-4000-8000-"+fmt.Sprintf("%012d", i)
		env.Add(child)
	}
	env.Delete("Owner", owner, sdk.Orphan)
	patches := map[int]int{} // dependents before each pass
	for pass := 0; env.Get("Owner", owner) != nil && pass < 5; pass++ {
		before := len(env.Writes())
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
		patches[pass] = len(env.Writes()) - before
		env.Advance(time.Millisecond)
	}
	if want := map[int]int{0: batch, 1: batch, 2: 2}; !maps.Equal(patches, want) {
		t.Errorf("writes by pass: %v, want %v", patches, want)
	}
	for _, o := range env.List("Child") {
		if owners, _ := o.Field("metadata.ownerReferences").([]any); len(owners) > 0 {
			t.Fatalf("%s still has an owner", o.Key())
		}
	}
	if n := len(env.List("Child")); n != many {
		t.Errorf("%d dependents are left, want %d", n, many)
	}
}

// TestAdopted: what is adopted while it is looked at is not deleted, in whichever
// way it was to go.
func TestAdopted(t *testing.T) {
	for _, test := range []struct {
		reason  string
		objects []map[string]any
		policy  sdk.Propagation
	}{
		{"in the background", []map[string]any{object("Owner", "a"), object("Owner", "d"), object("Child", "b", "Owner a")}, sdk.Background},
		{"in the foreground", []map[string]any{object("Owner", "a"), object("Owner", "d"), object("Child", "b", "Owner a blocks"), object("Child", "c", "Child b")}, sdk.Foreground},
	} {
		env := sdktest.New(t)
		env.Serve(served()...)
		for _, o := range test.objects {
			env.Add(o)
		}
		env.Delete("Owner", owner, test.policy)
		adopted := false
		env.OnOperation = func(o sdktest.Operation) error {
			if o.Op == abi.OpDelete && o.Key.Name == "b" && !adopted {
				adopted = true
				refs, _ := json.Marshal(ref("Owner d"))
				env.Patch("Child", sdk.Key{Namespace: "ns", Name: "b"}, `{"metadata":{"ownerReferences":[`+string(refs)+`]}}`)
			}
			return nil
		}
		if err := env.Settle(); err != nil {
			t.Errorf("%s: %v", test.reason, err)
		}
		if b := env.Get("Child", sdk.Key{Namespace: "ns", Name: "b"}); !adopted || b == nil || b.Text("metadata.deletionTimestamp") != "" {
			t.Errorf("%s: left are %q (adopted: %t), want b to stay", test.reason, left(env), adopted)
		}
	}
}

// TestReads: what the cache says is enough to do nothing, also later.
func TestReads(t *testing.T) {
	for _, test := range []struct {
		reason  string
		objects []map[string]any
		reads   int
	}{
		{"the owner is there", []map[string]any{object("Owner", "a"), object("Child", "b", "Owner a")}, 0},
		{"it is being deleted already", []map[string]any{held(object("Child", "b", "Owner a"), "x")}, 2},
		{"the owner is there in another version", []map[string]any{object("Owner", "a"), object("Child", "b", "Old a")}, 0},
	} {
		env := sdktest.New(t)
		env.Serve(served()...)
		for _, o := range test.objects {
			env.Add(o)
		}
		reads := 0
		env.OnOperation = func(o sdktest.Operation) error {
			if o.Op == abi.OpGet {
				reads++
			}
			return nil
		}
		for range 3 {
			if err := env.Settle(); err != nil {
				t.Fatal(err)
			}
			env.Advance(time.Hour)
		}
		if reads != test.reads {
			t.Errorf("%s: %d reads of the API server, want %d", test.reason, reads, test.reads)
		}
	}
}

// TestDeletedMeanwhile: what somebody deletes while it is looked at is left to them.
func TestDeletedMeanwhile(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()...)
	env.Add(held(object("Child", "b", "Owner a"), "x"))
	env.OnOperation = func(o sdktest.Operation) error {
		if b := env.Get("Child", sdk.Key{Namespace: "ns", Name: "b"}); o.Op == abi.OpGet && b.Text("metadata.deletionTimestamp") == "" {
			env.Delete("Child", b.Key())
		}
		return nil
	}
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	if n := len(env.Writes()); n != 0 {
		t.Errorf("%d writes, want none", n)
	}
}

// TestPatchAgain: a patch of an object that changes is made anew at once.
func TestPatchAgain(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()...)
	env.Add(held(object("Owner", "a"), "orphan"))
	env.Add(object("Child", "b", "Owner a"))
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	env.Delete("Owner", owner)
	conflicts := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpPatch && o.Key.Name == "b" && conflicts < tries-1 {
			conflicts++
			env.Patch("Child", o.Key, `{"metadata":{"labels":{"n":"`+strconv.Itoa(conflicts)+`"}}}`)
		}
		return nil
	}
	if _, err := env.Reconcile(Name, sdk.Key{Name: uid("a")}); err != nil || conflicts != tries-1 {
		t.Errorf("error %v after %d conflicts, want none after %d", err, conflicts, tries-1)
	}
	if got := left(env); got != "Child/b" {
		t.Errorf("left are %q, want the child alone", got)
	}
}

// TestSettled has objects change whose owners stay: the controller is not told of them,
// and Settle fails if anything were to be done. It is told when that ends.
func TestSettled(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(served()...)
	env.Add(object("Root", "c"))
	env.Add(object("Owner", "a", "Root c"))
	env.Add(object("Child", "b", "Owner a blocks", "Root c"))
	b := sdk.Key{Namespace: "ns", Name: "b"}
	reads := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpGet {
			reads++
		}
		return nil
	}
	for _, change := range []string{`{}`, `{"metadata":{"labels":{"x":"y"}}}`, `{"metadata":{"finalizers":["example.com/x"]}}`, `{"metadata":{"finalizers":null}}`} {
		env.Patch("Child", b, change)
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(env.Writes()); n != 0 || reads != 0 {
		t.Errorf("%d writes and %d reads of the API server, want none", n, reads)
	}
	env.Delete("Root", sdk.Key{Name: "c"})
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	if got := left(env); got != "" {
		t.Errorf("left are %q, want nothing", got)
	}
}
