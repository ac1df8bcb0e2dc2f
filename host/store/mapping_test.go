// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// filled returns a view of a resource that shows the objects, without a
// server behind it.
func filled(t testing.TB, s *Set, o ViewOptions, objects ...string) *View {
	t.Helper()
	v, err := s.Open(o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	g := v.informer.next.Load()
	if g == nil {
		g = v.informer.serving
	}
	var items []any
	for _, text := range objects {
		items = append(items, &object{rec: recordOf(t, g.layout, text)})
	}
	if err := g.Replace(items, "1"); err != nil {
		t.Fatal(err)
	}
	return v
}

func recordOf(t testing.TB, l *layout, object string) []byte {
	t.Helper()
	rec, err := l.record([]byte(object))
	if err != nil {
		t.Fatalf("record of %s: %v", object, err)
	}
	return rec
}

var (
	rcs = abi.Resource{Version: "v1", Resource: "replicationcontrollers", Kind: "ReplicationController"}
	rss = abi.Resource{Group: "apps", Version: "v1", Resource: "replicasets", Kind: "ReplicaSet"}
	pvs = abi.Resource{Version: "v1", Resource: "persistentvolumes", Kind: "PersistentVolume"}
)

func gvr(r abi.Resource) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Resource}
}

func TestMapping(t *testing.T) {
	const (
		byMap      = `{spec{selector map<string>}}`
		bySelector = `{spec{selector{matchExpressions list<{key string,operator string,values list<string>}>,matchLabels map<string>}?}}`
		byValue    = `{spec{selector{matchExpressions list<{key string,operator string,values list<string>}>,matchLabels map<string>}}}`
		byLabels   = `{spec{selector{matchLabels map<string>}?}}`
		byRaw      = `{spec{selector raw}}`
		web        = `{"metadata":{"namespace":"ns","name":"web"},"spec":{"selector":{"app":"web"}}}`
		db         = `{"metadata":{"namespace":"ns","name":"db"},"spec":{"selector":{"app":"db"}}}`
		empty      = `{"metadata":{"namespace":"ns","name":"empty"},"spec":{"selector":{}}}`
		elsewhere  = `{"metadata":{"namespace":"other","name":"web"},"spec":{"selector":{"app":"web"}}}`
		labelsWeb  = `{"metadata":{"namespace":"ns","name":"web"},"spec":{"selector":{"matchLabels":{"app":"web"}}}}`
		notWeb     = `{"metadata":{"namespace":"ns","name":"not-web"},"spec":{"selector":{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}}}`
		both       = `{"metadata":{"namespace":"ns","name":"both"},"spec":{"selector":{"matchLabels":{"app":"db"},"matchExpressions":[{"key":"app","operator":"In","values":["web","db"]},{"key":"tier","operator":"DoesNotExist"}]}}}`
		exists     = `{"metadata":{"namespace":"ns","name":"exists"},"spec":{"selector":{"matchExpressions":[{"key":"tier","operator":"Exists"}]}}}`
		everything = `{"metadata":{"namespace":"ns","name":"everything"},"spec":{"selector":{}}}`
		nothing    = `{"metadata":{"namespace":"ns","name":"nothing"},"spec":{}}`

		podWeb   = `{"metadata":{"namespace":"ns","name":"p","labels":{"app":"web"}}}`
		podDB    = `{"metadata":{"namespace":"ns","name":"p","labels":{"app":"db","x":"y"}}}`
		podTier  = `{"metadata":{"namespace":"ns","name":"p","labels":{"app":"db","tier":"1"}}}`
		podOwned = `{"metadata":{"namespace":"ns","name":"p","labels":{"app":"web"},"ownerReferences":[
			{"apiVersion":"v1","kind":"ReplicationController","name":"second","uid":"2"},
			{"apiVersion":"v1","kind":"ReplicationController","name":"first","uid":"1","controller":true},
			{"apiVersion":"apps/v1","kind":"ReplicationController","name":"of-another-group","uid":"3","controller":true}]}}`
		podNoted = `{"metadata":{"namespace":"ns","name":"p","annotations":{"example.com/of":"noted"}}}`
		podOnPV  = `{"metadata":{"namespace":"ns","name":"p"},"spec":{"volumeName":"pv-1"}}`
	)
	for _, c := range []struct {
		reason        string
		watch         abi.Watch
		primary       abi.Resource
		shape         string // of the primary
		primaries     []string
		before, after string
		want          string
	}{
		{"for: itself", abi.Watch{Mapping: abi.MapFor}, rcs, byMap, nil, podWeb, podDB, "ns/p"},
		{"guest: none, the guest says", abi.Watch{Mapping: abi.MapGuest}, rcs, byMap, nil, podWeb, podDB, ""},
		{"all: of every namespace", abi.Watch{Mapping: abi.MapAll}, rcs, byMap, []string{web, elsewhere}, podWeb, podDB, "ns/web other/web"},
		{"singleton: the empty key, once", abi.Watch{Mapping: abi.MapSingleton}, rcs, byMap, []string{web, elsewhere}, podWeb, podDB, "/"},
		{"owns: the controller of kind and group", abi.Watch{Mapping: abi.MapOwns}, rcs, byMap, nil, "", podOwned, "ns/first"},
		{"owns: before as well", abi.Watch{Mapping: abi.MapOwns}, rcs, byMap, nil, podOwned, podWeb, "ns/first"},
		{"owns: any owner", abi.Watch{Mapping: abi.MapOwns, AnyOwner: true}, rcs, byMap, nil, "", podOwned, "ns/first ns/second"},
		{"owns: another kind", abi.Watch{Mapping: abi.MapOwns}, rss, byMap, nil, "", podOwned, ""},
		{"label: old and new name", abi.Watch{Mapping: abi.MapLabel, Key: "app"}, rcs, byMap, nil, podWeb, podDB, "ns/db ns/web"},
		{"label: absent", abi.Watch{Mapping: abi.MapLabel, Key: "none"}, rcs, byMap, nil, podWeb, podDB, ""},
		{"field: cluster-scoped primary", abi.Watch{Mapping: abi.MapField, Key: "spec.volumeName"}, pvs, byMap, nil, "", podOnPV, "/pv-1"},
		{"field: the namespace", abi.Watch{Mapping: abi.MapField, Key: "metadata.namespace"}, pvs, byMap, nil, "", podWeb, "/ns"},
		{"field: namespaced primary", abi.Watch{Mapping: abi.MapField, Key: "spec.volumeName"}, rcs, byMap, nil, "", podOnPV, "ns/pv-1"},
		{"field: an annotation", abi.Watch{Mapping: abi.MapField, Key: "metadata.annotations.example.com/of"}, rcs, byMap, nil, "", podNoted, "ns/noted"},
		{"field: empty", abi.Watch{Mapping: abi.MapField, Key: "spec.volumeName"}, rcs, byMap, nil, "", podWeb, ""},
		{"selected by a map", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rcs, byMap, []string{web, db, empty, elsewhere}, "", podWeb, "ns/web"},
		{"selected by a map, old and new labels", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rcs, byMap, []string{web, db, empty, elsewhere}, podWeb, podDB, "ns/db ns/web"},
		{"selected by, gone", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rcs, byMap, []string{web, db}, podDB, "", "ns/db"},
		{"selected by, owned", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rcs, byMap, []string{web, db}, "", podOwned, "ns/web"},
		{"selected by, orphans only: owned", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector", OrphansOnly: true}, rcs, byMap, []string{web, db}, "", podOwned, ""},
		{"selected by, orphans only: released", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector", OrphansOnly: true}, rcs, byMap, []string{web, db}, podOwned, podWeb, "ns/web"},
		{"selected by a LabelSelector", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rss, bySelector, []string{labelsWeb, notWeb, both, exists, everything, nothing}, "", podWeb, "ns/everything ns/web"},
		{"selected by expressions", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rss, bySelector, []string{labelsWeb, notWeb, both, exists, nothing}, "", podDB, "ns/both ns/not-web"},
		{"selected by existence", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rss, bySelector, []string{labelsWeb, both, exists, nothing}, "", podTier, "ns/exists"},
		{"selected by raw JSON", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rss, byRaw, []string{labelsWeb, notWeb, db, everything, nothing}, "", podDB, "ns/db ns/everything ns/not-web"},
		{"selected by a LabelSelector that is never absent", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rss, byValue, []string{labelsWeb, everything, nothing}, "", podDB, "ns/everything ns/nothing"},
		{"selected by labels alone", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, rss, byLabels, []string{labelsWeb, everything, nothing}, "", podWeb, "ns/everything ns/web"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			s := NewSet(Options{Logger: testLogger(t)})
			needs, err := MappingNeeds(c.watch, nil)
			if err != nil {
				t.Fatalf("MappingNeeds(%+v): %v", c.watch, err)
			}
			watched := filled(t, s, ViewOptions{Resource: pods, Kind: "Pod", Namespaced: true, Projection: shape(t, `{status{phase string}}`), Needs: &needs})
			// Another plugin that expects nonsense, and makes the layouts wider.
			nonsense := shape(t, `{metadata{labels map<int>,ownerReferences list<string>},spec{selector list<int>,selector map<string>?,selector raw,selector{matchExpressions list<{key string,operator string,values list<string>}>?}?,volumeName int}?}`)
			filled(t, s, ViewOptions{Resource: pods, Kind: "Pod", Namespaced: true, Projection: nonsense, Plugin: "nonsense"})
			filled(t, s, ViewOptions{Resource: gvr(c.primary), Kind: c.primary.Kind, Namespaced: c.primary.Kind != "PersistentVolume", Projection: nonsense, Plugin: "nonsense"})
			primary := filled(t, s, ViewOptions{Resource: gvr(c.primary), Kind: c.primary.Kind, Namespaced: c.primary.Kind != "PersistentVolume", Projection: shape(t, c.shape)}, c.primaries...)
			m, err := NewMapping(MappingOptions{Watch: c.watch, Primary: c.primary, PrimaryView: primary, View: watched})
			if err != nil {
				t.Fatalf("NewMapping(%+v): %v", c.watch, err)
			}
			var got []string
			for _, k := range m.AppendKeys(nil, changeOf(t, watched, c.before, c.after)) {
				got = append(got, k.Namespace+"/"+k.Name)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("AppendKeys from %s to %s (-want +got):\n%s", c.before, c.after, diff)
			}
		})
	}
}

func changeOf(t testing.TB, v *View, before, after string) Change {
	t.Helper()
	l := v.lens.Load()
	c := Change{Namespace: "ns", Name: "p"}
	for _, s := range []struct {
		text string
		side *side
	}{{before, &c.before}, {after, &c.after}} {
		if s.text != "" {
			*s.side = side{rec: recordOf(t, l.generation.layout, s.text), lens: l}
		}
	}
	return c
}

func TestNewMappingRefuses(t *testing.T) {
	s := NewSet(Options{Logger: testLogger(t)})
	primary := filled(t, s, ViewOptions{Resource: gvr(rcs), Kind: rcs.Kind, Namespaced: true, Projection: shape(t, `{spec{replicas int}}`)})
	watched := filled(t, s, ViewOptions{Resource: pods, Kind: "Pod", Namespaced: true, Projection: shape(t, `{metadata{labels map<string>},spec{containers list<{name string}>}}`)})
	for _, c := range []struct {
		watch abi.Watch
		want  string
	}{
		{abi.Watch{Mapping: 99}, "mapping 99: not known to this host"},
		{abi.Watch{Mapping: abi.MapOwns}, "mapping owns: the view of v1/pods lacks what it reads"},
		{abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, `mapping selected-by of v1/pods by "spec.selector": the projection of the controller's own resource lacks the field, or it is no selector`},
		{abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.replicas"}, `mapping selected-by of v1/pods by "spec.replicas": the projection of the controller's own resource lacks the field, or it is no selector`},
		{abi.Watch{Mapping: abi.MapField, Key: "spec..x"}, `field path "spec..x": want names with dots between, such as spec.nodeName`},
		{abi.Watch{Mapping: abi.MapField, Key: "spec.containers"}, `field path "spec.containers": is a list in the projection, want a scalar`},
	} {
		_, err := NewMapping(MappingOptions{Watch: c.watch, Primary: rcs, PrimaryView: primary, View: watched})
		if err == nil || err.Error() != c.want {
			t.Errorf("NewMapping(%+v): %v, want %s", c.watch, err, c.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	s := NewSet(Options{Logger: testLogger(t)})
	ok := shape(t, `{spec{nodeName string}}`)
	for _, c := range []struct {
		options ViewOptions
		want    string
	}{
		{ViewOptions{}, "projection: missing"},
		{ViewOptions{Projection: &record.Shape{Kind: record.Int}}, "projection: shape: must be a struct that is not optional"},
		{ViewOptions{Projection: ok, Indexes: []abi.Index{{Kind: 9, Key: "x"}}}, `index "x": unknown kind 9`},
		{ViewOptions{Projection: ok, Indexes: []abi.Index{{Kind: abi.IndexField, Key: "spec"}}}, `field path "spec": is a struct in the projection, want a scalar`},
	} {
		c.options.Resource, c.options.Plugin = pods, "p"
		_, err := s.Open(c.options)
		if want := `view of v1/pods for plugin "p": ` + c.want; err == nil || err.Error() != want {
			t.Errorf("Open(%+v): %v, want %s", c.options, err, want)
		}
	}
	v := filled(t, s, ViewOptions{Resource: pods, Kind: "Pod", Projection: ok, Plugin: "p"})
	want := `watch of v1/pods for plugin "p": the wake shape has fields that the projection lacks`
	if _, err := v.Watch(WatchOptions{Wake: shape(t, `{spec{hostIPC bool}}`)}); err == nil || err.Error() != want {
		t.Errorf("Watch: %v, want %s", err, want)
	}
}
