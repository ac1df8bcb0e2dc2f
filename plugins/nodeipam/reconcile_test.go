// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodeipam

import (
	"slices"
	"strconv"
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

// newNode returns a node that was created so many seconds after the first one.
func newNode(name string, second int, podCIDRs ...string) string {
	spec := ""
	if len(podCIDRs) > 0 {
		spec = `"podCIDR":"` + podCIDRs[0] + `","podCIDRs":["` + strings.Join(podCIDRs, `","`) + `"]`
	}
	return `{"apiVersion":"v1","kind":"Node","metadata":{"name":"` + name + `","creationTimestamp":"2029-12-31T23:00:` +
		strconv.Itoa(second+10) + `Z"},"spec":{` + spec + `}}`
}

func newEnv(t *testing.T, settings string, objects ...any) *sdktest.Env {
	t.Helper()
	env := sdktest.New(t, objects...)
	if err := env.Configure(`{"allocateNodeCIDRs":true,` + settings + `}`); err != nil {
		t.Fatal(err)
	}
	return env
}

func settle(t *testing.T, env *sdktest.Env) {
	t.Helper()
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
}

// ranges returns what each node has.
func ranges(env *sdktest.Env) map[string]string {
	all := map[string]string{}
	for _, node := range env.List("Node") {
		var of []string
		list, _ := node.Field("spec.podCIDRs").([]any)
		for _, v := range list {
			of = append(of, v.(string))
		}
		all[node.Text("metadata.name")] = strings.Join(of, ",")
		if len(of) > 0 && node.Text("spec.podCIDR") != of[0] {
			all[node.Text("metadata.name")] = "podCIDR is not podCIDRs[0]"
		}
	}
	return all
}

const small = `"clusterCIDR":"10.244.0.0/22"`

func TestAssign(t *testing.T) {
	for _, test := range []struct {
		rule     string
		settings string
		objects  []any
		want     map[string]string
	}{
		{
			"nodes get ranges in the order in which they were created", small,
			[]any{newNode("a", 2), newNode("b", 1)},
			map[string]string{"a": "10.244.1.0/24", "b": "10.244.0.0/24"},
		},
		{
			"of each family one", `"clusterCIDR":"10.244.0.0/22,fd00::/56"`,
			[]any{newNode("a", 1), newNode("b", 2)},
			map[string]string{"a": "10.244.0.0/24,fd00::/64", "b": "10.244.1.0/24,fd00:0:0:1::/64"},
		},
		{
			"who has a range keeps it", small,
			[]any{newNode("a", 1, "10.244.0.0/24"), newNode("b", 2)},
			map[string]string{"a": "10.244.0.0/24", "b": "10.244.1.0/24"},
		},
		{
			"also of one family where there are two now", `"clusterCIDR":"10.244.0.0/22,fd00::/56"`,
			[]any{newNode("a", 1, "10.244.0.0/24"), newNode("b", 2)},
			map[string]string{"a": "10.244.0.0/24", "b": "10.244.1.0/24,fd00::/64"},
		},
		{
			"also one that is not of this cluster's", small,
			[]any{newNode("a", 1, "192.168.0.0/24"), newNode("b", 2)},
			map[string]string{"a": "192.168.0.0/24", "b": "10.244.0.0/24"},
		},
		{
			"also one that is no range", small,
			[]any{newNode("a", 1, "nonsense"), newNode("b", 2)},
			map[string]string{"a": "nonsense", "b": "10.244.0.0/24"},
		},
		{
			"a larger range takes all that is in it", small,
			[]any{newNode("a", 1, "10.244.0.0/23"), newNode("b", 2)},
			map[string]string{"a": "10.244.0.0/23", "b": "10.244.2.0/24"},
		},
		{
			"a smaller one takes what is around it", small,
			[]any{newNode("a", 1, "10.244.0.128/25"), newNode("b", 2)},
			map[string]string{"a": "10.244.0.128/25", "b": "10.244.1.0/24"},
		},
		{
			"the addresses of Services are given to nobody", small + `,"serviceClusterIPRange":"10.244.0.0/23,fd00::/112"`,
			[]any{newNode("a", 1)},
			map[string]string{"a": "10.244.2.0/24"},
		},
		{
			"the search begins behind the youngest node", small,
			[]any{newNode("a", 1, "10.244.3.0/24"), newNode("b", 2, "10.244.1.0/24"), newNode("c", 3), newNode("d", 4)},
			map[string]string{"a": "10.244.3.0/24", "b": "10.244.1.0/24", "c": "10.244.2.0/24", "d": "10.244.0.0/24"},
		},
		{
			"a node that is being deleted gets nothing, and keeps what it has", small,
			[]any{
				`{"kind":"Node","metadata":{"name":"a","deletionTimestamp":"2029-12-31T23:00:00Z","finalizers":["x"]}}`,
				`{"kind":"Node","metadata":{"name":"b","deletionTimestamp":"2029-12-31T23:00:00Z","finalizers":["x"]},
				"spec":{"podCIDR":"10.244.0.0/24","podCIDRs":["10.244.0.0/24"]}}`, newNode("c", 1),
			},
			map[string]string{"a": "", "b": "10.244.0.0/24", "c": "10.244.1.0/24"},
		},
		{
			"without allocateNodeCIDRs nobody gets anything", small + `,"allocateNodeCIDRs":false`,
			[]any{newNode("a", 1)},
			map[string]string{"a": ""},
		},
	} {
		env := newEnv(t, test.settings, test.objects...)
		settle(t, env)
		if diff := cmp.Diff(test.want, ranges(env)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.rule, diff)
		}
	}
}

func TestOneWritePerNode(t *testing.T) {
	env := newEnv(t, small, newNode("a", 1), newNode("b", 2))
	settle(t, env)
	lists := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpList {
			lists++
		}
		return nil
	}
	env.Patch("Node", sdk.Key{Name: "a"}, `{"metadata":{"labels":{"x":"y"}},"spec":{"unschedulable":true}}`)
	settle(t, env)
	if got := len(env.Writes()); got != 2 || lists != 0 {
		t.Errorf("after a change of labels: %d writes and %d more lists, want 2 and 0", got, lists)
	}
}

func TestExhaustion(t *testing.T) {
	env := newEnv(t, `"clusterCIDR":"10.244.0.0/23,fd00::/56"`, newNode("a", 1), newNode("b", 2), newNode("c", 3))
	settle(t, env)
	want := []sdktest.Event{{
		Kind: "Node", Key: sdk.Key{Name: "c"}, Type: "Normal", Reason: "CIDRNotAvailable",
		Message: "Node c status is now: CIDRNotAvailable", Source: "cidrAllocator", Count: 1,
	}}
	got := env.Events()
	for i := range got {
		got[i].Count = 1 // what the plugin writes itself makes it look again
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	env.Delete("Node", sdk.Key{Name: "a"})
	settle(t, env)
	if diff := cmp.Diff(map[string]string{"b": "10.244.1.0/24,fd00:0:0:1::/64", "c": "10.244.0.0/24,fd00:0:0:2::/64"}, ranges(env)); diff != "" {
		t.Errorf("after a node went (-want +got):\n%s", diff)
	}
}

// TestWriteOfUnknownFate loses the answer to a write that was done, or is done
// later. Nobody else may get its range.
func TestWriteOfUnknownFate(t *testing.T) {
	for _, done := range []bool{true, false} {
		env := newEnv(t, small, newNode("a", 1), newNode("b", 2))
		failed := 0
		var order []string
		env.OnOperation = func(o sdktest.Operation) error {
			if o.Op != abi.OpPatch {
				return nil
			}
			order = append(order, o.Key.Name)
			if failed++; failed == 1 {
				return &sdk.APIError{Status: abi.StatusUnavailable, Message: "timeout"}
			}
			return nil
		}
		if _, err := env.Reconcile("node-ipam-controller", sdk.Key{}); err == nil {
			t.Fatal("a write of unknown fate is no error")
		}
		if done {
			env.Patch("Node", sdk.Key{Name: "a"}, `{"spec":{"podCIDR":"10.244.0.0/24","podCIDRs":["10.244.0.0/24"]}}`)
		}
		settle(t, env)
		if diff := cmp.Diff(map[string]string{"a": "10.244.0.0/24", "b": "10.244.1.0/24"}, ranges(env)); diff != "" {
			t.Errorf("done=%t (-want +got):\n%s", done, diff)
		}
		if !done && !slices.Equal(order, []string{"a", "a", "b"}) {
			t.Errorf("writes: got %v, want a again before b", order)
		}
		if e := env.Events(); len(e) != 1 || e[0].Reason != "CIDRAssignmentFailed" {
			t.Errorf("events: got %+v, want CIDRAssignmentFailed", e)
		}
	}
}

func TestRefusedNodeHoldsNobodyUp(t *testing.T) {
	env := newEnv(t, small, newNode("a", 1), newNode("b", 2))
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpPatch && o.Key.Name == "a" {
			return &sdk.APIError{Status: abi.StatusForbidden, Message: "a webhook says no"}
		}
		return nil
	}
	if err := env.Settle(); err == nil || !strings.Contains(err.Error(), "a webhook says no") {
		t.Errorf("Settle: got %v, want the webhook's refusal", err)
	}
	if got := ranges(env); got["a"] != "" || got["b"] == "" {
		t.Errorf("ranges: got %v, want one for b", got)
	}
}

// TestRace lets another writer come between the list and the write.
func TestRace(t *testing.T) {
	env := newEnv(t, small, newNode("a", 1), newNode("b", 2))
	raced := false
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpPatch && !raced {
			raced = true
			return &sdk.APIError{Status: abi.StatusConflict}
		}
		return nil
	}
	settle(t, env)
	got := ranges(env)
	if got["a"] == "" || got["b"] == "" || got["a"] == got["b"] {
		t.Errorf("ranges: got %v, want two that differ", got)
	}
	env.OnOperation = nil
	var seen []string
	for _, w := range env.Writes() {
		if w.Write.UID == "" || w.Write.Observed == 0 {
			t.Errorf("the write of %s names neither the uid nor the version it was decided on", w.Key)
		}
		seen = append(seen, w.Key.Name)
	}
	if len(seen) != 2 {
		t.Errorf("writes that arrived: got %v, want one per node", seen)
	}
}

// TestManyNodes has more nodes than one reconcile takes, and an end in sight.
func TestManyNodes(t *testing.T) {
	var all []any
	for i := range maxPass + 20 {
		all = append(all, newNode("n"+strconv.Itoa(1000+i), 0))
	}
	env := newEnv(t, `"clusterCIDR":"10.244.0.0/16"`, all...)
	result, err := env.Reconcile("node-ipam-controller", sdk.Key{})
	if err != nil || result.RequeueAfter == 0 || len(env.Writes()) != maxPass {
		t.Fatalf("a reconcile of %d nodes: %d writes, %v, %v, want %d and to go on soon", len(all), len(env.Writes()), result, err, maxPass)
	}
	settle(t, env)
	env.Advance(time.Second)
	settle(t, env)
	taken := map[string]bool{}
	for name, r := range ranges(env) {
		if r == "" || taken[r] {
			t.Errorf("node %s has the range %q, want one of its own", name, r)
		}
		taken[r] = true
	}
	if len(taken) != len(all) || !taken["10.244.119.0/24"] {
		t.Errorf("%d nodes have ranges, want %d without gaps", len(taken), len(all))
	}
}

func TestNodeThatGoesMeanwhile(t *testing.T) {
	env := newEnv(t, small, newNode("a", 1), newNode("b", 2))
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpPatch && o.Key.Name == "a" {
			return &sdk.APIError{Status: abi.StatusNotFound}
		}
		return nil
	}
	if _, err := env.Reconcile("node-ipam-controller", sdk.Key{}); err != nil || ranges(env)["b"] == "" || len(env.Events()) > 0 {
		t.Errorf("got error %v, ranges %v and events %v, want a range for b and no words", err, ranges(env), env.Events())
	}
}
