// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

func TestConditionsHold(t *testing.T) {
	const text = `{a string,b int,c bool,d time,e int?,f intOrString,g map<string>,h{i string}?,j{k list<{l string}>}}`
	tests := []struct {
		reason, object string
		where          []abi.Condition
		want           bool
	}{
		{"no condition", `{}`, nil, true},
		{"set", `{"a":"x"}`, []abi.Condition{{Field: "a"}}, true},
		{"empty is not set", `{"a":""}`, []abi.Condition{{Field: "a"}}, false},
		{"absent is not set", `{}`, []abi.Condition{{Field: "a"}}, false},
		{"a text that looks like zero is set", `{"a":"0"}`, []abi.Condition{{Field: "a"}}, true},
		{"a number", `{"b":-7}`, []abi.Condition{{Field: "b"}}, true},
		{"zero is not set", `{"b":0}`, []abi.Condition{{Field: "b"}}, false},
		{"an absent number is not set", `{}`, []abi.Condition{{Field: "b"}}, false},
		{"true is set", `{"c":true}`, []abi.Condition{{Field: "c"}}, true},
		{"false is not set", `{"c":false}`, []abi.Condition{{Field: "c"}}, false},
		{"a time", `{"d":"2026-01-02T03:04:05Z"}`, []abi.Condition{{Field: "d"}}, true},
		{"no time", `{}`, []abi.Condition{{Field: "d"}}, false},
		{"an optional number that is there", `{"e":1}`, []abi.Condition{{Field: "e"}}, true},
		{"an optional number that is zero", `{"e":0}`, []abi.Condition{{Field: "e"}}, false},
		{"a port by name", `{"f":"http"}`, []abi.Condition{{Field: "f"}}, true},
		{"a key of a map", `{"g":{"app.kubernetes.io/name":"x"}}`, []abi.Condition{{Field: "g.app.kubernetes.io/name"}}, true},
		{"another key of a map", `{"g":{"other":"x"}}`, []abi.Condition{{Field: "g.app.kubernetes.io/name"}}, false},
		{"in an optional struct that is absent", `{}`, []abi.Condition{{Field: "h.i"}}, false},
		{"in an optional struct", `{"h":{"i":"x"}}`, []abi.Condition{{Field: "h.i"}}, true},
		{"a map that has something", `{"g":{"x":""}}`, []abi.Condition{{Field: "g"}}, true},
		{"an empty map", `{"g":{}}`, []abi.Condition{{Field: "g"}}, false},
		{"no map", `{}`, []abi.Condition{{Field: "g"}}, false},
		{"a list that has something", `{"j":{"k":[{"l":""}]}}`, []abi.Condition{{Field: "j.k"}}, true},
		{"an empty list", `{"j":{"k":[]}}`, []abi.Condition{{Field: "j.k"}}, false},
		{"no list", `{}`, []abi.Condition{{Field: "j.k"}}, false},
		{"one of several values", `{"a":"y"}`, []abi.Condition{{Field: "a", Values: []string{"x", "y"}}}, true},
		{"none of several values", `{"a":"z"}`, []abi.Condition{{Field: "a", Values: []string{"x", "y"}}}, false},
		{"absent is the empty text", `{}`, []abi.Condition{{Field: "h.i", Values: []string{""}}}, true},
		{"a number is compared as text", `{"b":12}`, []abi.Condition{{Field: "b", Values: []string{"12"}}}, true},
		{"a long text", `{"a":"` + strings.Repeat("x", 300) + `"}`, []abi.Condition{{Field: "a", Values: []string{strings.Repeat("x", 300)}}}, true},
		{"all must hold", `{"a":"x","b":0}`, []abi.Condition{{Field: "a"}, {Field: "b"}}, false},
		{"all hold", `{"a":"x","b":1}`, []abi.Condition{{Field: "a"}, {Field: "b"}}, true},
	}
	projection := shape(t, text)
	for _, layout := range []*record.Shape{projection, shape(t, `{a string,aa string,b int,c bool,d time,e int?,f intOrString,g map<string>,h{a string,i string}?,j{a int,k list<{a int,l string}>}}`)} {
		for _, tt := range tests {
			rec, err := project.NewJSON(layout).Append(nil, []byte(tt.object))
			if err != nil {
				t.Fatal(err)
			}
			where, err := newConditions(tt.where, projection, layout)
			if err != nil {
				t.Fatalf("%s: %v", tt.reason, err)
			}
			if got := where.hold(rec); got != tt.want {
				t.Errorf("%s: hold(%s) = %t, want %t", tt.reason, tt.object, got, tt.want)
			}
		}
	}
	for _, c := range []abi.Condition{{}, {Field: "x"}, {Field: "h"}, {Field: "a.b"}, {Field: "g", Values: []string{"x"}}} {
		if _, err := newConditions([]abi.Condition{c}, projection, projection); err == nil {
			t.Errorf("the condition %v is no error", c)
		}
	}
}

// TestWatchWhere holds what conditions let through: every change of an object
// that meets them before or after it, and nothing else.
func TestWatchWhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("bound", onNode("n1"))) // 2
		f.put(makePod("free"))                // 3
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		nodes := open(t, s, ViewOptions{Projection: shape(t, nodeShape), Plugin: "nodes"})
		var w woken
		var delivered, filtered tally
		watch := func(where abi.Condition, add func(Change)) {
			t.Helper()
			o := WatchOptions{Where: []abi.Condition{where}, Handler: add}
			if add != nil && where.Values == nil {
				o.Delivered, o.Filtered = &delivered, &filtered
			}
			if _, err := nodes.Watch(o); err != nil {
				t.Fatal(err)
			}
		}
		watch(abi.Condition{Field: "spec.nodeName"}, w.add)
		var unset woken
		watch(abi.Condition{Field: "spec.nodeName", Values: []string{""}}, unset.add)
		both := func(why string, set, not []string) {
			t.Helper()
			w.expect(t, why+": set", set...)
			unset.expect(t, why+": unset", not...)
		}
		one := func(s string) []string { return []string{s} }
		both("first list", one("initial bound"), one("initial free"))
		f.put(makePod("free", labeled("x", "y"))) // 4
		both("changes, and does not meet it", nil, one("changed free 3→4"))
		f.put(makePod("free", onNode("n1"))) // 5
		both("starts to meet it", one("changed free 4→5"), one("changed free 4→5"))
		f.put(makePod("free", onNode("n1"), phase("Running"))) // 6
		both("a field that nobody reads", nil, nil)
		f.put(makePod("free")) // 7
		both("stops to meet it", one("changed free 6→7"), one("changed free 6→7"))
		f.remove("default", "bound") // 8
		both("met it, and goes", one("gone bound"), nil)
		f.remove("default", "free") // 9
		both("did not meet it, and goes", nil, one("gone free"))
		f.put(makePod("new")) // 10
		both("comes without it", nil, one("new new"))
		f.put(makePod("bound", onNode("n1"))) // 11
		both("comes with it", one("new bound"), nil)
		if delivered != 5 || filtered != 5 {
			t.Errorf("%d delivered and %d filtered, want 5 and 5", delivered, filtered)
		}

		f.drop(true)
		f.put(makePod("bound"))
		f.put(makePod("new", labeled("x", "y")))
		time.Sleep(time.Minute)
		both("a list anew: one stopped to meet it", one("changed bound 11→13"), []string{"changed bound 11→13", "changed new 10→14"})
	})
}

// TestWatchWhereGrows replaces the cache by one with more fields, while an object
// stops to meet the condition.
func TestWatchWhereGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1"))) // 2
		f.put(makePod("b", onNode("n1"))) // 3
		f.put(makePod("c"))               // 4
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		nodes := open(t, s, ViewOptions{Projection: shape(t, nodeShape), Plugin: "nodes"})
		var w woken
		if _, err := nodes.Watch(WatchOptions{Where: []abi.Condition{{Field: "spec.nodeName"}}, Handler: w.add}); err != nil {
			t.Fatal(err)
		}
		w.expect(t, "first list", "initial a", "initial b")
		f.drop(true)
		f.put(makePod("a"))                                         // 5
		f.put(makePod("b", onNode("n1"), phase("Running")))         // 6
		f.put(makePod("c", labeled("x", "y"), phase("Running")))    // 7
		f.put(makePod("d", onNode("n2"), phase(corev1.PodRunning))) // 8
		f.put(makePod("e", labeled("x", "y"), phase("Running")))    // 9
		open(t, s, ViewOptions{Projection: shape(t, `{spec{hostname string},status{phase string}}`), Plugin: "more"})
		time.Sleep(time.Minute)
		w.expect(t, "with more fields", "changed a 2→6", "new d")
	})
}

// TestWatchBeside watches pods where there are others, of another view.
func TestWatchBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		v := open(t, s, ViewOptions{Projection: shape(t, nodeShape), Plugin: "nodes"})
		beside := open(t, s, ViewOptions{Projection: shape(t, phaseShape), Plugin: "phases"})
		synctest.Wait()
		var w woken
		var filtered tally
		if _, err := v.Watch(WatchOptions{Beside: beside, Handler: w.add, Filtered: &filtered}); err != nil {
			t.Fatal(err)
		}
		in := func(namespace string) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Namespace = namespace } }
		f.put(makePod("a", in("x")))
		w.expect(t, "the first of its namespace is there", "new a")
		f.put(makePod("b", in("x")))
		f.remove("x", "a")
		w.expect(t, "others are there", "new b", "gone a")
		f.remove("x", "b")
		w.expect(t, "nothing is left there")
		f.put(makePod("b", in("y")))
		w.expect(t, "in another namespace", "new b")
		if filtered != 1 {
			t.Errorf("%d are filtered, want 1", filtered)
		}
	})
}

func TestWatchWhereWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSet(Options{Config: newFakeAPI().config(), Logger: testLogger(t)})
		run(t, s)
		v := open(t, s, ViewOptions{Projection: shape(t, nodeShape)})
		_, err := v.Watch(WatchOptions{Where: []abi.Condition{{Field: "status.phase"}}, Handler: func(Change) {}})
		if err == nil || !strings.Contains(err.Error(), "status.phase") {
			t.Errorf("Watch with a condition on a field that is not read: %v, want an error that names it", err)
		}
	})
}
