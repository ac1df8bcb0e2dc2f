// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	m.Run()
}

var (
	key = sdk.Key{Name: "ns"}
	all = []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}

	pods       = sdk.APIResource{Version: "v1", Resource: "pods", Kind: "Pod", Namespaced: true, Verbs: all, Preferred: true}
	configMaps = sdk.APIResource{Version: "v1", Resource: "configmaps", Kind: "ConfigMap", Namespaced: true, Verbs: all, Preferred: true}
	lamps      = sdk.APIResource{Group: "example.com", Version: "v1", Resource: "lamps", Kind: "Lamp", Namespaced: true, Verbs: []string{"delete", "get", "list"}, Preferred: true}
	nodes      = sdk.APIResource{Version: "v1", Resource: "nodes", Kind: "Node", Verbs: all, Preferred: true}
)

const (
	active = `{"kind":"Namespace","metadata":{"name":"ns","uid":"u1","labels":{"team":"a"},"annotations":{"note":"b"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}`
	held   = `,"finalizers":["example.com/hold"]`
)

// object is one in the namespace ns.
func object(kind, name, metadata, members string) string {
	return fmt.Sprintf(`{"kind":%q,"metadata":{"namespace":"ns","name":%q%s}%s}`, kind, name, metadata, members)
}

type world struct {
	*sdktest.Env
	t *testing.T
}

// newWorld has a namespace that has been let alone for long enough after its
// deletion, and has not been looked at since.
func newWorld(t *testing.T, served []sdk.APIResource, objects ...string) *world {
	t.Helper()
	w := &world{sdktest.New(t, active), t}
	w.Serve(served...)
	for _, o := range objects {
		w.Add(o)
	}
	w.settle(0)
	w.Delete("Namespace", key)
	w.settle(0)
	w.Advance(grace)
	return w
}

func (w *world) settle(after time.Duration) {
	w.t.Helper()
	w.Advance(after)
	if err := w.Settle(); err != nil {
		w.t.Fatal(err)
	}
}

// bad returns the messages of the conditions that are true, one a line.
func (w *world) bad() string {
	list, _ := w.Get("Namespace", key).Field("status.conditions").([]any)
	var messages []string
	for _, entry := range list {
		if c := sdktest.Object(entry.(map[string]any)); c.Text("status") == "True" {
			messages = append(messages, c.Text("type")+" "+c.Text("reason")+": "+c.Text("message"))
		}
	}
	return strings.Join(messages, "\n")
}

// writes returns what was written to which resource, in order.
func (w *world) writes() string {
	var writes []string
	for _, o := range w.Writes() {
		text := o.Op.String() + " " + path.Base(o.Resource)
		if o.Subresource != "" {
			text += "/" + o.Subresource
		}
		writes = append(writes, text)
	}
	return strings.Join(writes, ", ")
}

// TestEmpty checks what is deleted, how, and what is waited for.
func TestEmpty(t *testing.T) {
	without := func(r sdk.APIResource, verbs ...string) sdk.APIResource {
		r.Verbs = slices.DeleteFunc(slices.Clone(r.Verbs), func(v string) bool { return slices.Contains(verbs, v) })
		return r
	}
	for _, c := range []struct {
		rule    string
		served  []sdk.APIResource
		objects []string
		writes  string
		bad     string // conditions; empty: the namespace is gone
	}{
		{rule: "an empty namespace goes", served: []sdk.APIResource{pods, configMaps, lamps},
			writes: "update namespaces/status, update namespaces/finalize"},
		{rule: "with what is in it, in collections or one by one", served: []sdk.APIResource{pods, configMaps, lamps},
			objects: []string{object("Pod", "p", "", ""), object("ConfigMap", "c", "", ""), object("Lamp", "a", "", ""), object("Lamp", "b", "", "")},
			writes:  "delete_collection pods, delete_collection configmaps, delete lamps, delete lamps, update namespaces/status, update namespaces/finalize"},
		{rule: "what waits for others is let go of", served: []sdk.APIResource{configMaps, lamps},
			objects: []string{object("ConfigMap", "c", `,"deletionTimestamp":"2029-12-31T23:59:59Z","finalizers":["foregroundDeletion"]`, ""),
				object("Lamp", "a", `,"deletionTimestamp":"2029-12-31T23:59:59Z","finalizers":["orphan"]`, "")},
			writes: "delete_collection configmaps, delete lamps, update namespaces/status, update namespaces/finalize"},
		{rule: "what is being deleted already is left alone", served: []sdk.APIResource{configMaps},
			objects: []string{object("ConfigMap", "c", `,"deletionTimestamp":"2029-12-31T23:59:59Z"`+held, "")},
			writes:  "update namespaces/status",
			bad: "NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances\n" +
				"NamespaceFinalizersRemaining SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"},
		{rule: "what is elsewhere stays", served: []sdk.APIResource{configMaps, nodes},
			objects: []string{`{"kind":"ConfigMap","metadata":{"namespace":"other","name":"c"}}`, `{"kind":"Node","metadata":{"name":"n"}}`},
			writes:  "update namespaces/status, update namespaces/finalize"},
		{rule: "what cannot be deleted is left alone", served: []sdk.APIResource{without(lamps, "delete")},
			objects: []string{object("Lamp", "a", "", "")}, writes: "update namespaces/status, update namespaces/finalize"},
		{rule: "what cannot be listed is deleted all the same", served: []sdk.APIResource{without(configMaps, "list")},
			objects: []string{object("ConfigMap", "c", "", "")}, writes: "delete_collection configmaps, update namespaces/status, update namespaces/finalize"},
		{rule: "pods that end keep everything else", served: []sdk.APIResource{pods, configMaps},
			objects: []string{object("Pod", "p", "", `,"spec":{"nodeName":"n"}`), object("ConfigMap", "c", "", "")},
			writes:  "delete_collection pods, update namespaces/status",
			bad:     "NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances"},
		{rule: "so do pods that a finalizer holds", served: []sdk.APIResource{pods, configMaps},
			objects: []string{object("Pod", "p", held, ""), object("ConfigMap", "c", "", "")},
			writes:  "delete_collection pods, update namespaces/status",
			bad: "NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances\n" +
				"NamespaceFinalizersRemaining SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"},
		{rule: "finalizers of others keep the namespace alone", served: []sdk.APIResource{configMaps, lamps},
			objects: []string{object("ConfigMap", "c", held, ""), object("Lamp", "a", `,"finalizers":["example.com/a","example.com/hold"]`, ""), object("Lamp", "b", "", "")},
			writes:  "delete_collection configmaps, delete lamps, delete lamps, update namespaces/status",
			bad: "NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances, lamps.example.com has 1 resource instances\n" +
				"NamespaceFinalizersRemaining SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/a in 1 resource instances, example.com/hold in 2 resource instances"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w := newWorld(t, c.served, c.objects...)
			w.settle(0)
			if diff := cmp.Diff(c.writes, w.writes()); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
			if got := w.Get("Namespace", key) != nil; got != (c.bad != "") {
				t.Fatalf("the namespace exists: %t", got)
			}
			if c.bad != "" {
				if diff := cmp.Diff(c.bad, w.bad()); diff != "" {
					t.Errorf("conditions (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestBegin checks when a namespace is touched at all.
func TestBegin(t *testing.T) {
	t.Run("not before it is deleted", func(t *testing.T) {
		w := &world{sdktest.New(t, active), t}
		w.Serve(configMaps)
		w.Add(object("ConfigMap", "c", "", ""))
		w.settle(time.Hour)
		if got := w.writes(); got != "" {
			t.Errorf("writes: %s, want none", got)
		}
	})
	t.Run("nor at once", func(t *testing.T) {
		w := &world{sdktest.New(t, active), t}
		w.settle(0)
		w.Delete("Namespace", key)
		w.settle(grace - time.Second)
		early := w.writes()
		w.settle(time.Second)
		if early != "" || w.Get("Namespace", key) != nil {
			t.Errorf("writes in the first seconds: %q, then exists: %t; want none, and it is gone", early, w.Get("Namespace", key) != nil)
		}
	})
	t.Run("nor if the API server knows better", func(t *testing.T) {
		w := newWorld(t, []sdk.APIResource{configMaps}, object("ConfigMap", "c", "", ""))
		reads := 0 // the first is of the cache
		w.OnOperation = func(o sdktest.Operation) error {
			if o.Op != abi.OpGet {
				return nil
			}
			if reads++; reads == 2 {
				return &sdk.APIError{Status: abi.StatusNotFound}
			}
			return nil
		}
		w.settle(0)
		if got := w.writes(); got != "" || reads != 2 {
			t.Errorf("writes: %q after %d reads of the namespace, want none after 2", got, reads)
		}
	})
	t.Run("nor if it is another one by now", func(t *testing.T) {
		w := newWorld(t, []sdk.APIResource{configMaps}, object("ConfigMap", "c", "", ""))
		reads, touched := 0, false
		w.OnOperation = func(o sdktest.Operation) error {
			if o.Op == abi.OpGet {
				if reads++; reads == 2 {
					w.Patch("Namespace", key, `{"metadata":{"uid":"u2"}}`)
				}
			}
			touched = touched || reads == 2 && o.Op != abi.OpGet
			return nil
		}
		w.settle(0)
		if reads < 2 || touched {
			t.Errorf("%d reads of the namespace, then something else was done: %t; want nothing after 2", reads, touched)
		}
	})
	t.Run("nor if only others hold it", func(t *testing.T) {
		w := newWorld(t, []sdk.APIResource{configMaps}, object("ConfigMap", "c", "", ""))
		w.Patch("Namespace", key, `{"spec":{"finalizers":["example.com/other"]}}`)
		w.settle(0)
		if got := w.writes(); got != "" {
			t.Errorf("writes: %q, want none", got)
		}
	})
}

// TestRelease checks that nothing else of the namespace changes.
func TestRelease(t *testing.T) {
	w := newWorld(t, nil)
	w.Patch("Namespace", key, `{"metadata":{"finalizers":["example.com/x"]},"spec":{"finalizers":["example.com/first","kubernetes","example.com/last"]}}`)
	w.settle(0)
	o := w.Get("Namespace", key)
	got := []string{fmt.Sprint(o.Field("spec.finalizers")), o.Text("metadata.labels.team"), o.Text("metadata.annotations.note"), fmt.Sprint(o.Field("metadata.finalizers")), o.Text("status.phase")}
	want := []string{"[example.com/first example.com/last]", "a", "b", "[example.com/x]", "Terminating"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the namespace (-want +got):\n%s", diff)
	}
}

// TestWaits checks when a namespace is looked at again.
func TestWaits(t *testing.T) {
	for _, c := range []struct {
		rule    string
		objects []string
		change  func(w *world)
		want    []int64 // after the deletion, in milliseconds
	}{
		{"something is left for longer and longer, up to what a finalizer may take", []string{object("ConfigMap", "c", held, "")}, nil,
			[]int64{5000, 8500, 13750, 21625, 30125, 38625}},
		{"pods may take as long as they have", []string{object("Pod", "p", "", `,"spec":{"nodeName":"n","terminationGracePeriodSeconds":40}`)}, nil,
			[]int64{5000, 8500, 13750, 21625, 33437}},
		{"what cannot be deleted is tried at least once a minute", nil, func(w *world) { w.Undiscovered = []string{"metrics.k8s.io/v1beta1"} },
			[]int64{5000, 8500, 13750, 21625, 33437, 51156, 77734, 117601, 177401, 237401}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w := newWorld(t, []sdk.APIResource{pods, configMaps}, c.objects...)
			if c.change != nil {
				c.change(w)
			}
			var looks []time.Duration
			start := w.Now().Add(-grace)
			w.OnOperation = func(o sdktest.Operation) error {
				if o.Op == abi.OpDiscover {
					looks = append(looks, 0)
				}
				return nil
			}
			for step := range 2400 { // tenths of a second
				seen := len(looks)
				if step > 0 {
					w.Advance(100 * time.Millisecond)
				}
				w.settle(0)
				if len(looks) > seen {
					looks[seen] = w.Now().Sub(start)
				}
				if len(looks) == len(c.want) {
					break
				}
			}
			for i, want := range c.want {
				if i >= len(looks) || max(looks[i].Milliseconds()-want, want-looks[i].Milliseconds()) > 1000 {
					t.Fatalf("looks after the deletion: got %v, want within a second of %v ms", looks, c.want)
				}
			}
		})
	}
}

// TestSettings checks what --namespace-sync-period does.
func TestSettings(t *testing.T) {
	for _, bad := range []string{"", "0s", "soon", "-5m"} {
		if err := sdktest.New(t).Configure(map[string]any{"namespaceSyncPeriod": bad}); err == nil || !strings.Contains(err.Error(), "expected a duration of at least 1s") {
			t.Errorf("namespaceSyncPeriod %q: got error %v, want one that says what is expected", bad, err)
		}
	}
	w := newWorld(t, []sdk.APIResource{configMaps}, object("ConfigMap", "c", held, ""))
	if err := w.Configure(`{"namespaceSyncPeriod":"1500ms"}`); err != nil {
		t.Fatal(err)
	}
	looks := 0
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpDiscover {
			looks++
		}
		return nil
	}
	for range 3 {
		w.settle(1500 * time.Millisecond)
	}
	if looks != 3 {
		t.Errorf("looks in three periods: got %d, want 3", looks)
	}
}

// TestPages empties a namespace that is larger than a page, of objects that are
// deleted one by one.
func TestPages(t *testing.T) {
	var objects []string
	for i := range 2*page + 1 {
		objects = append(objects, object("Lamp", fmt.Sprintf("l%04d", i), "", ""))
	}
	w := newWorld(t, []sdk.APIResource{lamps}, objects...)
	w.settle(0)
	if left := w.List("Lamp"); len(left) > 0 || w.Get("Namespace", key) != nil {
		t.Errorf("%d lamps are left, and the namespace exists: %t", len(left), w.Get("Namespace", key) != nil)
	}
}

// TestProgress follows a namespace to its end.
func TestProgress(t *testing.T) {
	w := newWorld(t, []sdk.APIResource{pods, configMaps, lamps}, object("Pod", "p", held, ""), object("Lamp", "a", held, ""), object("ConfigMap", "c", "", ""))
	w.settle(0)
	first := w.Get("Namespace", key).Text("status.conditions.3.lastTransitionTime")
	if w.Get("ConfigMap", sdk.Key{Namespace: "ns", Name: "c"}) == nil {
		t.Error("the ConfigMap is deleted although there is a pod")
	}
	w.Patch("Pod", sdk.Key{Namespace: "ns", Name: "p"}, `{"metadata":{"finalizers":null}}`)
	w.settle(retry)
	if w.Get("ConfigMap", sdk.Key{Namespace: "ns", Name: "c"}) != nil {
		t.Error("the ConfigMap is there although there is no pod any more")
	}
	if got := w.bad(); !strings.Contains(got, "remaining: lamps.example.com has 1 resource instances") {
		t.Errorf("conditions: got %s, want the lamp alone", got)
	}
	if second := w.Get("Namespace", key).Text("status.conditions.3.lastTransitionTime"); first == "" || second != first {
		t.Errorf("the condition NamespaceContentRemaining changed at %q, and at %q although it stayed true", first, second)
	}
	w.Patch("Lamp", sdk.Key{Namespace: "ns", Name: "a"}, `{"metadata":{"finalizers":null}}`)
	w.settle(retry)
	if o := w.Get("Namespace", key); o != nil {
		t.Errorf("the namespace is there: %s", o.JSON())
	}
}

// TestFailures checks what keeps a namespace, and that it says so.
func TestFailures(t *testing.T) {
	lost := `NamespaceDeletionDiscoveryFailure DiscoveryFailed: Discovery failed for some groups, 2 failing: unable to retrieve the complete list of server APIs: ` +
		`a.example.com/v1: stale GroupVersion discovery: a.example.com/v1, metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1`
	for _, c := range []struct {
		rule   string
		change func(w *world)
		gone   string // the kind of which nothing is left
		bad    string
	}{
		{"what is not known could have objects", func(w *world) { w.Undiscovered = []string{"metrics.k8s.io/v1beta1", "a.example.com/v1"} }, "ConfigMap", lost},
		{"so could all that is served", func(w *world) {
			w.OnOperation = func(o sdktest.Operation) error {
				if o.Op == abi.OpDiscover {
					return &sdk.APIError{Status: abi.StatusUnavailable, Message: "no answer"}
				}
				return nil
			}
		}, "", "NamespaceDeletionDiscoveryFailure DiscoveryFailed: discover: unavailable: no answer"},
		{"a refusal is shown, and keeps no other", refuse(abi.OpDeleteCollection, "v1/configmaps", abi.StatusForbidden), "Lamp",
			"NamespaceDeletionContentFailure ContentDeletionFailed: Failed to delete all resource types, 1 remaining: delete_collection v1/configmaps ns: forbidden: no\n" +
				"NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances"},
		{"of a list too", refuse(abi.OpList, "v1/configmaps", abi.StatusUnavailable), "Lamp",
			"NamespaceDeletionContentFailure ContentDeletionFailed: Failed to delete all resource types, 1 remaining: list v1/configmaps ns: unavailable: no"},
		{"a delete that does nothing is one", func(w *world) {
			w.Add(object("Lamp", "odd", `,"deletionTimestamp":"2029-12-31T23:59:59Z"`, ""))
		}, "ConfigMap",
			"NamespaceDeletionContentFailure ContentDeletionFailed: Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: ns for gvr: example.com/v1, Resource=lamps\n" +
				"NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: lamps.example.com has 1 resource instances"},
		{"a collection that cannot be deleted is deleted one by one", refuse(abi.OpDeleteCollection, "v1/configmaps", abi.StatusUnsupported), "ConfigMap", ""},
		{"what cannot be listed after all is taken to be empty", refuse(abi.OpList, "example.com/v1/lamps", abi.StatusUnsupported), "ConfigMap", ""},
		{"a resource that went has no objects", refuse(abi.OpList, "example.com/v1/lamps", abi.StatusNotFound), "ConfigMap", ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w := newWorld(t, []sdk.APIResource{configMaps, lamps}, object("ConfigMap", "c", "", ""), object("Lamp", "a", "", ""))
			c.change(w)
			w.settle(0)
			w.OnOperation = nil
			for kind := range strings.FieldsSeq(c.gone) {
				for _, o := range w.List(kind) {
					t.Errorf("left: %s", o.JSON())
				}
			}
			switch o := w.Get("Namespace", key); {
			case (o == nil) != (c.bad == ""):
				t.Errorf("the namespace exists: %t", o != nil)
			case o != nil:
				if diff := cmp.Diff(c.bad, w.bad()); diff != "" {
					t.Errorf("conditions (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func refuse(op abi.Operation, resource string, status abi.Status) func(w *world) {
	return func(w *world) {
		w.OnOperation = func(o sdktest.Operation) error {
			if o.Op == op && o.Resource == resource {
				return &sdk.APIError{Status: status, Message: "no"}
			}
			return nil
		}
	}
}

// TestTargets checks the choice of versions.
func TestTargets(t *testing.T) {
	version := func(r sdk.APIResource, version string, preferred bool) sdk.APIResource {
		r.Version, r.Preferred = version, preferred
		return r
	}
	first, others := targets([]sdk.APIResource{
		version(lamps, "v1beta1", false), version(lamps, "v1", true), version(lamps, "v1alpha1", false), nodes, pods, configMaps,
		{Group: "metrics.k8s.io", Version: "v1", Resource: "pods", Namespaced: true, Verbs: []string{"get", "list"}},
		{Group: "example.com", Version: "v2", Resource: "shades", Namespaced: true, Verbs: []string{"delete"}},
	})
	var got []string
	for _, r := range slices.Concat(first, others) {
		got = append(got, r.APIVersion()+"/"+r.Resource)
	}
	want := []string{"v1/pods", "v1/configmaps", "example.com/v1/lamps", "example.com/v2/shades"}
	if diff := cmp.Diff(want, got); diff != "" || len(first) != 1 {
		t.Errorf("targets: %d of pods, -want +got:\n%s", len(first), diff)
	}
}
