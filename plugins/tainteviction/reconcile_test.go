// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package tainteviction

import (
	"slices"
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

const (
	aNode    = `{"kind":"Node","metadata":{"name":"n"}}`
	tainted  = `{"spec":{"taints":[{"key":"k","effect":"NoExecute"}]}}`
	fortyTwo = `"tolerations":[{"key":"k","operator":"Exists","tolerationSeconds":42}]`
)

var podKey = sdk.Key{Namespace: "ns", Name: "p"}

// podWith returns a pod on the node that was created long ago.
func podWith(spec string) string {
	return `{"kind":"Pod","metadata":{"namespace":"ns","name":"p","creationTimestamp":"2029-12-31T00:00:00Z"},
		"spec":{"nodeName":"n",` + spec + `},"status":{"phase":"Running"}}`
}

// step is something that happens, and what becomes of the pod.
type step struct {
	after  time.Duration
	change func(*sdktest.Env)
	stays  bool
}

func patchNode(change string) func(*sdktest.Env) {
	return func(env *sdktest.Env) { env.Patch("Node", sdk.Key{Name: "n"}, change) }
}

func patchPod(change string) func(*sdktest.Env) {
	return func(env *sdktest.Env) { env.Patch("Pod", podKey, change) }
}

func nothing(*sdktest.Env) {}

func TestEviction(t *testing.T) {
	const marking, cancelling = "Marking for deletion Pod ns/p", "Cancelling deletion of Pod ns/p"
	for _, test := range []struct {
		rule   string
		spec   string
		steps  []step
		events []string
	}{
		{"a pod that does not tolerate a taint goes at once", `"tolerations":[]`, []step{{0, nothing, true}, {0, patchNode(tainted), false}}, []string{marking}},
		{
			"other effects are nothing to it", `"tolerations":[]`,
			[]step{{0, patchNode(`{"spec":{"taints":[{"key":"k","effect":"NoSchedule"},{"key":"l","effect":"PreferNoSchedule"}]}}`), true}}, nil,
		},
		{"one that tolerates it for ever stays", `"tolerations":[{"operator":"Exists"}]`, []step{{0, patchNode(tainted), true}, {time.Hour, nothing, true}}, nil},
		{
			"one that tolerates it for some time goes then", fortyTwo,
			[]step{{0, patchNode(tainted), true}, {41 * time.Second, nothing, true}, {time.Second, nothing, false}}, []string{marking},
		},
		{
			"unless the taint goes first", fortyTwo,
			[]step{{0, patchNode(tainted), true}, {41 * time.Second, patchNode(`{"spec":{"taints":null}}`), true}, {time.Hour, nothing, true}}, []string{cancelling},
		},
		{
			"or the pod comes to tolerate it for ever", fortyTwo,
			[]step{{0, patchNode(tainted), true}, {time.Second, patchPod(`{"spec":{"tolerations":[{"operator":"Exists"}]}}`), true}, {time.Hour, nothing, true}}, []string{cancelling},
		},
		{
			"a taint that comes again is a new one", fortyTwo,
			[]step{
				{0, patchNode(tainted), true},
				{41 * time.Second, patchNode(`{"spec":{"taints":null}}`), true},
				{0, patchNode(tainted), true},
				{41 * time.Second, nothing, true},
				{time.Second, nothing, false},
			}, []string{cancelling, marking},
		},
		{
			"a change in between does not begin the time anew", fortyTwo,
			[]step{
				{0, patchNode(tainted), true},
				{20 * time.Second, patchNode(`{"spec":{"taints":[{"key":"k","value":"2","effect":"NoExecute"}]}}`), true},
				{21 * time.Second, nothing, true},
				{time.Second, nothing, false},
			}, []string{marking},
		},
		{
			"a second taint that is not tolerated ends it", fortyTwo,
			[]step{
				{0, patchNode(tainted), true},
				{time.Second, patchNode(`{"spec":{"taints":[{"key":"k","effect":"NoExecute"},{"key":"l","effect":"NoExecute"}]}}`), false},
			}, []string{marking},
		},
		{
			"a pod that comes to a node with the taint", `"nodeName":"",` + fortyTwo,
			[]step{{0, patchNode(tainted), true}, {time.Hour, patchPod(`{"spec":{"nodeName":"n"}}`), true}, {42 * time.Second, nothing, false}}, []string{marking},
		},
		{
			"a node that is gone is the garbage collector's", fortyTwo,
			[]step{{0, patchNode(tainted), true}, {0, func(env *sdktest.Env) { env.Delete("Node", sdk.Key{Name: "n"}) }, true}, {time.Hour, nothing, true}}, nil,
		},
	} {
		t.Run(test.rule, func(t *testing.T) {
			env := sdktest.New(t, aNode, podWith(test.spec))
			for i, s := range test.steps {
				env.Advance(s.after)
				s.change(env)
				if err := env.Settle(); err != nil {
					t.Fatal(err)
				}
				if got := env.Get("Pod", podKey).Text("metadata.deletionTimestamp") == ""; got != s.stays {
					t.Errorf("step %d: the pod stays: %t, want %t", i, got, s.stays)
				}
			}
			var events []string
			for _, e := range env.Events() {
				if e.Reason != "TaintManagerEviction" || e.Type != "Normal" || e.Source != "taint-eviction-controller" || e.Count != 1 {
					t.Errorf("event %+v is not upstream's", e)
				}
				events = append(events, e.Message)
			}
			if diff := cmp.Diff(test.events, events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConditionComesFirst(t *testing.T) {
	env := sdktest.New(t, aNode, podWith(`"tolerations":[]`))
	env.Patch("Pod", podKey, `{"status":{"conditions":[{"type":"Ready","status":"True"}]}}`)
	patchNode(tainted)(env)
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	want := []any{
		map[string]any{"type": "Ready", "status": "True"},
		map[string]any{
			"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager", "observedGeneration": env.Get("Pod", podKey).Field("metadata.generation"),
			"message": "Taint manager: deleting due to NoExecute taint", "lastTransitionTime": "2030-01-01T00:00:00Z",
		},
	}
	if diff := cmp.Diff(want, env.Get("Pod", podKey).Field("status.conditions")); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	var operations []abi.Operation
	for _, w := range env.Writes() {
		operations = append(operations, w.Op)
		if w.Write.UID != env.Get("Pod", podKey).Text("metadata.uid") || w.Write.GracePeriodSeconds != nil {
			t.Errorf("%v: uid %q and grace period %v, want the pod's uid and its own grace period", w.Op, w.Write.UID, w.Write.GracePeriodSeconds)
		}
	}
	if !slices.Equal(operations, []abi.Operation{abi.OpPatch, abi.OpDelete}) {
		t.Errorf("writes: got %v, want the condition, then the deletion", operations)
	}
	if got := env.Metric("taint_eviction_controller_pod_deletions_total"); got != 1 {
		t.Errorf("pod_deletions_total = %v, want 1", got)
	}
}

func TestFailedDeletionIsTriedAgain(t *testing.T) {
	env := sdktest.New(t, aNode, podWith(fortyTwo))
	patchNode(tainted)(env)
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	failures := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpDelete && failures < 2 {
			failures++
			return &sdk.APIError{Status: abi.StatusUnavailable}
		}
		return nil
	}
	env.Advance(42 * time.Second)
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	if env.Get("Pod", podKey).Text("metadata.deletionTimestamp") == "" || failures != 2 {
		t.Errorf("after %d failures the pod is not deleted", failures)
	}
}

// TestWakes checks that nothing but what matters wakes a pod.
func TestWakes(t *testing.T) {
	env := sdktest.New(t, aNode, podWith(`"tolerations":[]`), `{"kind":"Pod","metadata":{"namespace":"ns","name":"elsewhere"},"spec":{"nodeName":"m"}}`)
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	gets := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpGet && o.Resource == "v1/pods" {
			gets++
		}
		return nil
	}
	for _, s := range []struct {
		what   string
		change func(*sdktest.Env)
		want   int
	}{
		{"a status", patchPod(`{"status":{"phase":"Pending"}}`), 0},
		{"a NoSchedule taint", patchNode(`{"spec":{"taints":[{"key":"k","effect":"NoSchedule"}]}}`), 0},
		{"a NoExecute taint of its node", patchNode(tainted), 1},
	} {
		gets = 0
		s.change(env)
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
		if gets != s.want {
			t.Errorf("%s wakes %d pods, want %d", s.what, gets, s.want)
		}
	}
}

func TestPodThatIsGoingAlready(t *testing.T) {
	env := sdktest.New(t, aNode, podWith(`"tolerations":[]`))
	env.Delete("Pod", podKey)
	patchNode(tainted)(env)
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	if len(env.Writes())+len(env.Events()) > 0 {
		t.Errorf("writes %v and events %v, want none", env.Writes(), env.Events())
	}
}

// TestPodsWithoutNode changes pods of which the controller is not told: Settle fails if
// anything were to be done about them.
func TestPodsWithoutNode(t *testing.T) {
	env := sdktest.New(t, aNode, `{"kind":"Pod","metadata":{"namespace":"ns","name":"p"}}`)
	env.Patch("Node", sdk.Key{Name: "n"}, tainted)
	for _, change := range []string{`{}`, `{"spec":{"tolerations":[{"key":"k","effect":"NoExecute"}]}}`, `{"spec":{"tolerations":[]}}`} {
		env.Patch("Pod", podKey, change)
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(env.Writes()); n != 0 {
		t.Errorf("%d writes, want none", n)
	}
	env.Patch("Pod", podKey, `{"spec":{"nodeName":"n"}}`)
	env.Add(`{"kind":"Pod","metadata":{"namespace":"ns","name":"static"},"spec":{"nodeName":"n"}}`)
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
	for _, pod := range env.List("Pod") {
		if pod.Text("metadata.deletionTimestamp") == "" {
			t.Errorf("%s stays, which came to a node with a taint", pod.Key())
		}
	}
}
