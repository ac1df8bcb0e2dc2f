// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
)

// TestLimitedView: a view that shows a part of a resource is blind to the rest,
// in all that it tells; one beside it is not.
func TestLimitedView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("web-1", onNode("n1"))) // 2
		f.put(makePod("db-1", onNode("n1")))  // 3
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		limited := open(t, s, ViewOptions{
			Projection: shape(t, nodeShape), Indexes: []abi.Index{{Kind: abi.IndexField, Key: "spec.nodeName"}},
			Shows: func(_, name string) bool { return strings.HasPrefix(name, "web-") },
		})
		whole := open(t, s, ViewOptions{Projection: shape(t, nodeShape)})
		var some, all woken
		subscribe(t, limited, nil, some.add)
		subscribe(t, whole, nil, all.add)
		both := func(why string, ofSome, ofAll []string) {
			t.Helper()
			some.expect(t, why+": limited", ofSome...)
			all.expect(t, why+": whole", ofAll...)
		}
		both("first list", []string{"initial web-1"}, []string{"initial web-1", "initial db-1"})

		for name, want := range map[string]bool{"web-1": true, "db-1": false} {
			_, got := limited.AppendGet(nil, "default", name)
			_, _, exists := limited.CurrentVersion("default", name, 3)
			if got != want || exists != want || limited.Shows("default", name) != want {
				t.Errorf("%s: got it %t, CurrentVersion knows it %t; want %t", name, got, exists, want)
			}
		}
		for _, q := range []ListQuery{{}, {Namespace: "default"}, {Index: abi.Index{Kind: abi.IndexField, Key: "spec.nodeName"}, Value: "n1"}} {
			if names := namesOf(t, limited, q); !slices.Equal(names, []string{"web-1"}) {
				t.Errorf("List(%+v) = %v, want web-1 alone", q, names)
			}
		}

		f.put(makePod("web-1", onNode("n2"))) // 4
		f.put(makePod("db-1", onNode("n2")))  // 5
		both("changes", []string{"changed web-1 2→4"}, []string{"changed web-1 2→4", "changed db-1 3→5"})

		f.drop(true) // 6
		f.remove("default", "db-1")
		f.put(makePod("db-2"))                // 8
		f.put(makePod("web-1", onNode("n3"))) // 9
		time.Sleep(time.Minute)
		both("a list anew", []string{"changed web-1 4→9"}, []string{"changed web-1 4→9", "gone db-1", "new db-2"})

		f.put(makePod("web-2")) // 10
		both("another", []string{"new web-2"}, []string{"new web-2"})
		f.drop(false)                         // the old cache sees nothing of what follows
		f.put(makePod("web-2", onNode("n4"))) // 11
		f.put(makePod("db-2", onNode("n4")))  // 12
		f.put(makePod("web-3"))
		f.put(makePod("db-3"))
		f.remove("default", "web-1")
		open(t, s, ViewOptions{Projection: shape(t, phaseShape)})
		both("a wider cache", []string{"changed web-2 10→11", "new web-3", "gone web-1"},
			[]string{"changed web-2 10→11", "changed db-2 8→12", "new web-3", "new db-3", "gone web-1"})
		f.remove("default", "db-3")
		f.drop(false)
		f.remove("default", "db-2")
		open(t, s, ViewOptions{Projection: shape(t, `{status{reason string}}`)})
		both("an even wider one", nil, []string{"gone db-2", "gone db-3"})
	})
}

func namesOf(t *testing.T, v *View, q ListQuery) (names []string) {
	t.Helper()
	err := v.List(q, func(rec []byte) bool {
		h := cut(rec)
		names = append(names, string(h.name))
		return true
	})
	if err != nil {
		t.Fatalf("List(%+v): %v", q, err)
	}
	return names
}

// TestLimitedPrimary: a change wakes no key of an object that the plugin must
// not see, whichever way it is found.
func TestLimitedPrimary(t *testing.T) {
	const pod = `{"metadata":{"namespace":"ns","name":"p","labels":{"app":"hidden","also":"shown"},` +
		`"ownerReferences":[{"apiVersion":"v1","kind":"ReplicationController","name":"hidden","uid":"1","controller":true}]}}`
	object := func(name string) string {
		return `{"metadata":{"namespace":"ns","name":"` + name + `"},"spec":{"selector":{"also":"shown"}}}`
	}
	for _, c := range []struct {
		watch abi.Watch
		want  string
	}{
		{abi.Watch{Mapping: abi.MapOwns}, ""},
		{abi.Watch{Mapping: abi.MapLabel, Key: "app"}, ""},
		{abi.Watch{Mapping: abi.MapLabel, Key: "also"}, "ns/shown"},
		{abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, "ns/shown"},
		{abi.Watch{Mapping: abi.MapAll}, "ns/shown"},
	} {
		s := NewSet(Options{Logger: testLogger(t)})
		needs, err := MappingNeeds(c.watch, nil)
		if err != nil {
			t.Fatal(err)
		}
		watched := filled(t, s, ViewOptions{Resource: pods, Kind: "Pod", Namespaced: true, Projection: shape(t, `{}`), Needs: &needs})
		primary := filled(t, s, ViewOptions{
			Resource: gvr(rcs), Kind: rcs.Kind, Namespaced: true, Projection: shape(t, `{spec{selector map<string>}}`),
			Shows: func(_, name string) bool { return name == "shown" },
		}, object("shown"), object("hidden"))
		m, err := NewMapping(MappingOptions{Watch: c.watch, Primary: rcs, PrimaryView: primary, View: watched})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range m.AppendKeys(nil, changeOf(t, watched, "", pod)) {
			got = append(got, k.Namespace+"/"+k.Name)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("mapping %s (-want +got):\n%s", c.watch.Mapping, diff)
		}
	}
}
