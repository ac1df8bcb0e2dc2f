// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	m.Run()
}

// world is an emulator with nodes, some of which renew their leases.
type world struct {
	*sdktest.Env
	t     *testing.T
	beats []string // the nodes that do
	skew  time.Duration
}

func newWorld(t *testing.T, settings string, objects ...any) *world {
	t.Helper()
	w := &world{Env: sdktest.New(t, objects...), t: t}
	if settings != "" {
		if err := w.Configure(settings); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	return w
}

// nodeOf returns a node with a Ready condition of this status, none if empty.
func nodeOf(name, zone, ready string) string {
	conditions := ""
	if ready != "" {
		conditions = `{"type":"Ready","status":"` + ready + `","reason":"r","lastHeartbeatTime":"2029-12-31T23:59:50Z","lastTransitionTime":"2029-12-31T00:00:00Z"}`
		for _, c := range []string{"MemoryPressure", "DiskPressure", "PIDPressure"} {
			conditions += `,{"type":"` + c + `","status":"False","reason":"r","lastHeartbeatTime":"2029-12-31T23:59:50Z","lastTransitionTime":"2029-12-31T00:00:00Z"}`
		}
	}
	return `{"kind":"Node","metadata":{"name":"` + name + `","creationTimestamp":"2030-01-01T00:00:00Z","labels":{"topology.kubernetes.io/zone":"` + zone + `"}},
		"status":{"conditions":[` + conditions + `]}}`
}

// beat makes nodes ready, and has them renew their leases from now on.
func (w *world) beat(names ...string) {
	w.t.Helper()
	w.beats = append(w.beats, names...)
	for _, name := range names {
		w.ready(name, statusTrue)
		if w.Env.Get("Lease", sdk.Key{Namespace: leaseNamespace, Name: name}) == nil {
			w.Add(`{"kind":"Lease","metadata":{"namespace":"kube-node-lease","name":"` + name + `"}}`)
		}
	}
	w.renew(names...)
}

// stop makes nodes fall silent.
func (w *world) stop(names ...string) {
	w.beats = slices.DeleteFunc(w.beats, func(n string) bool { return slices.Contains(names, n) })
}

// renew renews leases, by the clock of their nodes.
func (w *world) renew(names ...string) {
	at := w.Now().Add(w.skew).UTC().Format("2006-01-02T15:04:05.000000Z")
	for _, name := range names {
		w.Patch("Lease", sdk.Key{Namespace: leaseNamespace, Name: name}, `{"spec":{"renewTime":"`+at+`"}}`)
	}
}

// ready has a kubelet report how its node is.
func (w *world) ready(name, status string) {
	w.t.Helper()
	now := w.Now().UTC().Format(time.RFC3339)
	w.Patch("Node", sdk.Key{Name: name}, `{"status":{"conditions":[{"type":"Ready","status":"`+status+`","lastHeartbeatTime":"`+now+`","lastTransitionTime":"`+now+`"},
		{"type":"MemoryPressure","status":"False"},{"type":"DiskPressure","status":"False"},{"type":"PIDPressure","status":"False"}]}}`)
}

// pass lets time pass, second by second.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for range int(d / time.Second) {
		w.Advance(time.Second)
		if w.Now().Second()%10 == 0 {
			w.renew(w.beats...)
		}
		w.settle()
	}
}

func (w *world) settle() {
	w.t.Helper()
	if err := w.Settle(); err != nil {
		w.t.Fatal(err)
	}
}

// is returns the status of a node's Ready condition and the keys of its
// taints, each with the first letters of its effect.
func (w *world) is(name string) string {
	node := w.Env.Get("Node", sdk.Key{Name: name})
	all := []string{""}
	conditions, _ := node.Field("status.conditions").([]any)
	for _, c := range conditions {
		if c := sdktest.Object(c.(map[string]any)); c.Text("type") == conditionReady {
			all[0] = c.Text("status")
		}
	}
	taints, _ := node.Field("spec.taints").([]any)
	for _, t := range taints {
		t := sdktest.Object(t.(map[string]any))
		all = append(all, strings.TrimPrefix(t.Text("key"), "node.kubernetes.io/")+":"+strings.TrimPrefix(t.Text("effect"), "No"))
	}
	slices.Sort(all[1:])
	return strings.Join(all, " ")
}

func (w *world) expect(when string, want map[string]string) {
	w.t.Helper()
	for name, state := range want {
		if got := w.is(name); got != state {
			w.t.Errorf("%s: node %s is %q, want %q", when, name, got, state)
		}
	}
}

// tainted returns how many nodes have the NoExecute taint of one that is lost.
func (w *world) tainted() int {
	n := 0
	for _, node := range w.Env.List("Node") {
		if strings.Contains(w.is(node.Text("metadata.name")), "unreachable:Execute") {
			n++
		}
	}
	return n
}

func (w *world) events(reason string) []string {
	var all []string
	for _, e := range w.Env.Events() {
		if e.Reason == reason {
			all = append(all, e.Type+" "+e.Source+" "+e.Key.String()+": "+e.Message)
		}
	}
	return all
}

// many returns the names of nodes.
func many(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}

// objects returns the nodes of the names in a zone, which are ready.
func objects(zone string, names ...string) []any {
	var all []any
	for _, name := range names {
		all = append(all, nodeOf(name, zone, statusTrue))
	}
	return all
}
