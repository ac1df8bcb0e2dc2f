// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
)

// TestViewOfNamespaces: a view of some namespaces tells of these as any other
// does, and is not even asked about the rest.
func TestViewOfNamespaces(t *testing.T) {
	in := func(namespace string) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Namespace = namespace } }
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a-1", in("a")))
		f.put(makePod("b-1", in("b")))
		f.put(makePod("c-1", in("c")))
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		asked := map[string]bool{}
		view := open(t, s, ViewOptions{
			Projection: shape(t, nodeShape), Namespaces: []string{"a", "b"},
			Shows: func(namespace, name string) bool {
				asked[namespace] = true
				return name != "a-2"
			},
		})
		var all woken
		cancel := subscribe(t, view, nil, all.add)
		all.expect(t, "first list", "initial a-1", "initial b-1")

		f.put(makePod("a-1", in("a"), onNode("n"))) // 5
		f.put(makePod("a-2", in("a")))
		f.put(makePod("b-2", in("b"))) // 7
		f.put(makePod("c-1", in("c"), onNode("n")))
		f.remove("b", "b-1")
		f.remove("c", "c-1")
		all.expect(t, "changes", "changed a-1 2→5", "new b-2", "gone b-1")

		f.drop(false) // the old cache sees nothing of what follows
		f.put(makePod("a-1", in("a")))
		f.put(makePod("c-2", in("c")))
		f.remove("b", "b-2")
		open(t, s, ViewOptions{Projection: shape(t, phaseShape)})
		all.expect(t, "a wider cache", "changed a-1 5→11", "gone b-2")
		if asked["c"] {
			t.Error("the view is asked about an object of a namespace of which it shows nothing")
		}

		cancel()
		f.put(makePod("a-3", in("a")))
		all.expect(t, "cancelled")
		if left := view.informer.watchers; len(left.all)+len(left.anywhere)+len(left.within) > 0 {
			t.Errorf("after the last watch ended, got watchers %+v, want none", left)
		}
	})
}

// TestAudience: of many watchers, those go that are to go.
func TestAudience(t *testing.T) {
	var a audience
	views := map[string]*View{"a": {namespaces: []string{"a"}}, "ab": {namespaces: []string{"a", "b"}}, "all": {}, "none": {namespaces: []string{}}}
	names := map[*watcher]string{}
	for _, name := range []string{"a", "ab", "all", "none"} {
		w := &watcher{view: views[name]}
		names[w] = name
		a.add(w)
	}
	of := func(watchers []*watcher) (list []string) {
		for _, w := range watchers {
			list = append(list, names[w])
		}
		return list
	}
	expect := func(why string, all, anywhere, inA, inB []string) {
		t.Helper()
		for what, lists := range map[string][2][]string{
			"all": {of(a.all), all}, "anywhere": {of(a.anywhere), anywhere}, "a": {of(a.within["a"]), inA}, "b": {of(a.within["b"]), inB},
		} {
			if got, want := lists[0], lists[1]; !slices.Equal(got, want) {
				t.Errorf("%s: %s: got %v, want %v", why, what, got, want)
			}
		}
	}
	leave := func(name string) { a.remove(views[name], func(w *watcher) bool { return w.view == views[name] }) }
	expect("at first", []string{"a", "ab", "all", "none"}, []string{"all"}, []string{"a", "ab"}, []string{"ab"})
	leave("a")
	expect("one namespace left", []string{"ab", "all", "none"}, []string{"all"}, []string{"ab"}, []string{"ab"})
	leave("ab")
	leave("all")
	expect("all namespaces left", []string{"none"}, nil, nil, nil)
}
