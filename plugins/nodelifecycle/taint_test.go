// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func TestRetaint(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	old := sdk.NewTime(now.Add(-time.Hour))
	unreachable, notReady := Taint{taintUnreachable, "", noExecute, old}, Taint{taintNotReady, "", noExecute, old}
	foreign := Taint{Key: "k", Value: "v", Effect: noExecute}
	fresh := func(key string) Taint { return Taint{key, "", noExecute, sdk.NewTime(now)} }
	for _, test := range []struct {
		rule    string
		taints  []Taint
		keys    []string
		want    []Taint
		changed bool
	}{
		{"nothing to do", []Taint{foreign}, nil, []Taint{foreign}, false},
		{"what is there stays as it is", []Taint{unreachable, foreign}, []string{taintUnreachable}, []Taint{unreachable, foreign}, false},
		{"added behind the others", []Taint{foreign}, []string{taintUnreachable}, []Taint{foreign, fresh(taintUnreachable)}, true},
		{"removed", []Taint{unreachable, foreign}, nil, []Taint{foreign}, true},
		{"exchanged", []Taint{unreachable}, []string{taintNotReady}, []Taint{fresh(taintNotReady)}, true},
		{"of two the right one stays", []Taint{unreachable, notReady}, []string{taintNotReady}, []Taint{notReady}, true},
		{"another effect is another taint", []Taint{{taintNotReady, "", noSchedule, old}}, []string{taintNotReady}, []Taint{{taintNotReady, "", noSchedule, old}, fresh(taintNotReady)}, true},
	} {
		got, changed := retaint(test.taints, ownNoExecute, noExecute, test.keys, now)
		if diff := cmp.Diff(test.want, got); diff != "" || changed != test.changed {
			t.Errorf("%s: changed %t, want %t (-want +got):\n%s", test.rule, changed, test.changed, diff)
		}
	}
}

// TestBothTaints begins with a node that somebody gave both taints.
func TestBothTaints(t *testing.T) {
	w := newWorld(t, "", nodeOf("a", "z", statusFalse), nodeOf("b", "z", statusTrue))
	w.Patch("Node", sdk.Key{Name: "a"}, `{"spec":{"taints":[{"key":"node.kubernetes.io/unreachable","effect":"NoExecute"},{"key":"node.kubernetes.io/not-ready","effect":"NoExecute"}]}}`)
	w.pass(5 * time.Second)
	w.expect("one of them is right", map[string]string{"a": "False not-ready:Execute not-ready:Schedule"})
}

// TestTurns checks that the node that has been lost for longest goes first.
func TestTurns(t *testing.T) {
	w := newWorld(t, `{"nodeEvictionRate":0.01}`, objects("z", "a", "b", "c")...)
	since := func(name, at string) {
		w.Patch("Node", sdk.Key{Name: name}, `{"status":{"conditions":[{"type":"Ready","status":"False","lastTransitionTime":"`+at+`"}]}}`)
	}
	since("a", "2029-12-31T00:00:02Z")
	since("b", "2029-12-31T00:00:01Z")
	w.pass(5 * time.Second)
	w.expect("b was first", map[string]string{"a": "False not-ready:Schedule", "b": "False not-ready:Execute not-ready:Schedule"})
}

// TestHear checks what resets the clock of a node.
func TestHear(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	settings := defaults()
	m := &memory{nodes: map[string]*known{}}
	node := &Node{}
	node.Name, node.UID = "a", "1"
	node.Metadata.CreationTimestamp = sdk.NewTime(now.Add(-time.Hour))
	renewed := now.Add(-time.Minute)
	for i, step := range []struct {
		what   string
		change func()
		seen   time.Duration // since now
	}{
		{"a node that says nothing counts from its creation", func() {}, -time.Hour},
		{"a lease", func() {}, 1 * time.Second},
		{"the same lease", func() {}, 1 * time.Second},
		{"no lease any more", func() { renewed = time.Time{} }, 1 * time.Second},
		{"the old lease again", func() { renewed = now.Add(-time.Minute) }, 1 * time.Second},
		{"a lease of another time", func() { renewed = now.Add(-time.Hour) }, 5 * time.Second},
		{"a status", func() { node.Status.Conditions = []Condition{{Type: conditionReady, Status: statusTrue}} }, 6 * time.Second},
		{"another node of the name", func() { node.UID, node.Status.Conditions, renewed = "2", nil, time.Time{} }, -time.Hour},
	} {
		step.change()
		at := renewed
		if i == 0 {
			at = time.Time{}
		}
		m.observe(node, at, &settings, now.Add(time.Duration(i)*time.Second))
		if got := m.nodes["a"].seen.Sub(now); got != step.seen {
			t.Errorf("%s: seen %v from the start, want %v", step.what, got, step.seen)
		}
	}
}
