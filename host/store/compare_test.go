// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"strings"
	"testing"
)

// TestComparisonsAreShared: watchers of one wake shape have one comparison in
// each generation, whichever views and plugins they are of.
func TestComparisonsAreShared(t *testing.T) {
	const node = `{spec{nodeName string}}`
	s := NewSet(Options{Logger: testLogger(t)})
	nodes := filled(t, s, ViewOptions{Resource: pods, Kind: "Pod", Projection: shape(t, node), Plugin: "nodes"})
	calls := map[string]int{}
	watch := func(name string, v *View, wake string) {
		subscribe(t, v, shape(t, wake), func(Change) { calls[name]++ })
	}
	watch("first", nodes, node)
	watch("same", nodes, node)
	watch("other", nodes, `{spec{}}`)
	inf := nodes.informer
	sharing := func() string {
		var text []string
		for i, w := range inf.watchers.all {
			for j := range i {
				if inf.watchers.all[j].focus.wake == w.focus.wake {
					text = append(text, fmt.Sprint(j, "=", i))
				}
			}
		}
		return strings.Join(text, " ")
	}
	if got := sharing(); got != "0=1" {
		t.Errorf("of three watchers share a comparison: %q, want 0=1", got)
	}
	before := inf.watchers.all[0].focus.wake
	wide := filled(t, s, ViewOptions{Resource: pods, Kind: "Pod", Projection: shape(t, `{spec{hostIPC bool,nodeName string}}`), Plugin: "wide"})
	watch("wide", wide, node)
	if got := sharing(); got != "0=1 0=3 1=3" || inf.watchers.all[0].focus.wake == before {
		t.Errorf("in the next generation share a comparison: %q, want 0=1 0=3 1=3, and not that of the last one", got)
	}

	pod := func(version int, spec string) []byte {
		return recordOf(t, inf.serving.layout, fmt.Sprintf(`{"metadata":{"name":"p","uid":"u","resourceVersion":"%d"},"spec":%s}`, version, spec))
	}
	a, b, noise := pod(1, `{"nodeName":"a"}`), pod(2, `{"nodeName":"b"}`), pod(3, `{"nodeName":"b","hostIPC":true}`)
	for _, c := range []struct {
		reason string
		change change
		want   string
	}{
		{"the node changes", change{before: a, after: b}, "map[first:1 same:1 wide:1]"},
		{"what nobody reads changes", change{before: b, after: noise}, "map[]"},
		{"once more", change{before: b, after: noise}, "map[]"},
		{"from the same record to another one", change{before: b, after: a}, "map[first:1 same:1 wide:1]"},
		{"to the same record from another one", change{before: noise, after: a}, "map[first:1 same:1 wide:1]"},
	} {
		clear(calls)
		inf.watchers.tell(c.change)
		if got := fmt.Sprint(calls); got != c.want {
			t.Errorf("%s: calls %s, want %s", c.reason, got, c.want)
		}
	}
}
