// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package podgc

import (
	"fmt"
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

// pod is a pod in the namespace ns; node, phase and reason may be empty.
func pod(name, metadata, node, status string) string {
	return fmt.Sprintf(`{"kind":"Pod","metadata":{"namespace":"ns","name":%q,"generation":3%s},"spec":{"nodeName":%q},"status":{%s}}`,
		name, metadata, node, status)
}

func node(name, taint, ready string) string {
	return fmt.Sprintf(`{"kind":"Node","metadata":{"name":%q},"spec":{"taints":[{"key":%q,"effect":"NoExecute"}]},
		"status":{"conditions":[{"type":"Ready","status":%q}]}}`, name, taint, ready)
}

const (
	running   = `"phase":"Running"`
	succeeded = `"phase":"Succeeded"`
	failed    = `"phase":"Failed"`
	evictedAs = `"phase":"Failed","reason":"Evicted"`
	leaving   = `,"deletionTimestamp":"2029-12-31T23:00:00Z","deletionGracePeriodSeconds":30`
	held      = `,"finalizers":["example.com/hold"]`
	forced    = held + `,"deletionTimestamp":"2029-12-31T23:00:00Z","deletionGracePeriodSeconds":0`
	outTaint  = "node.kubernetes.io/out-of-service"
)

func created(hour int) string {
	return fmt.Sprintf(`,"creationTimestamp":"2029-12-31T%02d:00:00Z"`, hour)
}

func newEnv(t *testing.T, settings string, objects ...any) *sdktest.Env {
	t.Helper()
	env := sdktest.New(t, objects...)
	if err := env.Configure(settings); err != nil {
		t.Fatal(err)
	}
	settle(t, env)
	return env
}

func settle(t *testing.T, env *sdktest.Env) {
	t.Helper()
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
}

// left returns the names of the pods that are there, in their order.
func left(env *sdktest.Env) string {
	var names []string
	for _, o := range env.List("Pod") {
		names = append(names, o.Text("metadata.name"))
	}
	return strings.Join(names, " ")
}

func TestCollect(t *testing.T) {
	for _, c := range []struct {
		rule      string
		threshold int
		objects   []any
		left      string
		reason    string // of the deletions
		deletions float64
	}{
		{rule: "terminated pods up to the threshold stay", threshold: 2, left: "a b c",
			objects: []any{pod("a", "", "n", succeeded), pod("b", "", "n", failed), pod("c", "", "n", running), node("n", "", "True")}},
		{rule: "above it the oldest go", threshold: 1, left: "b d", reason: "terminated", deletions: 2, objects: []any{
			pod("a", created(2), "n", succeeded), pod("b", created(3), "n", failed), pod("c", created(1), "n", succeeded),
			pod("d", created(0), "n", running), node("n", "", "True")}},
		{rule: "of one age by name", threshold: 1, left: "b", reason: "terminated", deletions: 1,
			objects: []any{pod("b", created(1), "n", failed), pod("a", created(1), "n", failed), node("n", "", "True")}},
		{rule: "evicted ones go before older ones", threshold: 1, left: "a", reason: "terminated", deletions: 1,
			objects: []any{pod("a", created(1), "n", failed), pod("b", created(5), "n", evictedAs), node("n", "", "True")}},
		{rule: "what only finalizers hold does not count", threshold: 1, left: "a b",
			objects: []any{pod("a", "", "n", failed), pod("b", forced, "n", failed), node("n", "", "True")}},
		{rule: "without a threshold all stay", threshold: 0, left: "a b",
			objects: []any{pod("a", "", "n", failed), pod("b", "", "n", failed), node("n", "", "True")}},

		{rule: "pods being deleted on a node out of service go", threshold: 9, left: "b", reason: "out-of-service", deletions: 1,
			objects: []any{pod("a", leaving, "n", running), pod("b", "", "n", running), node("n", outTaint, "False")}},
		{rule: "an unknown state is not ready", threshold: 9, left: "", reason: "out-of-service", deletions: 1,
			objects: []any{pod("a", leaving, "n", running), node("n", outTaint, "Unknown")}},
		{rule: "not so if the node is ready", threshold: 9, left: "a",
			objects: []any{pod("a", leaving, "n", running), node("n", outTaint, "True")}},
		{rule: "nor with another taint", threshold: 9, left: "a",
			objects: []any{pod("a", leaving, "n", running), node("n", "node.kubernetes.io/unreachable", "False")}},

		{rule: "pods being deleted without a node go", threshold: 9, left: "b", reason: "unscheduled", deletions: 1,
			objects: []any{pod("a", leaving, "", `"phase":"Pending"`), pod("b", "", "", `"phase":"Pending"`)}},
		{rule: "of which finalizers hold some", threshold: 9, left: "a", reason: "unscheduled", deletions: 1,
			objects: []any{pod("a", leaving+held, "", `"phase":"Pending"`)}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := newEnv(t, fmt.Sprintf(`{"terminatedPodGCThreshold":%d}`, c.threshold), c.objects...)
			if got := left(env); got != c.left {
				t.Errorf("pods: got %q, want %q", got, c.left)
			}
			labels := []sdk.Label{{Key: "namespace", Value: "ns"}, {Key: "reason", Value: c.reason}}
			if got := env.Metric("force_delete_pods_total", labels...); got != c.deletions {
				t.Errorf("deletions counted: got %v, want %v", got, c.deletions)
			}
			writes := len(env.Writes())
			env.Advance(period)
			settle(t, env)
			if got := env.Writes()[writes:]; len(got) > 0 {
				t.Errorf("the next round writes again: %+v", got)
			}
		})
	}
}

// TestPeriod checks that pods are looked at again without being watched.
func TestPeriod(t *testing.T) {
	env := newEnv(t, `{"terminatedPodGCThreshold":1}`, pod("a", created(1), "n", failed), node("n", "", "True"))
	env.Add(pod("b", created(2), "n", failed))
	env.Advance(period - time.Second)
	settle(t, env)
	before := left(env)
	env.Advance(time.Second)
	settle(t, env)
	if after := left(env); before != "a b" || after != "b" {
		t.Errorf("pods: got %q before the period is over and %q then, want \"a b\" and \"b\"", before, after)
	}
}

// TestBatch checks that one reconcile does not delete for ever.
func TestBatch(t *testing.T) {
	objects := []any{node("n", "", "True")}
	for i := range batch + 11 {
		objects = append(objects, pod(fmt.Sprintf("p%04d", i), "", "n", failed))
	}
	env := newEnv(t, `{"terminatedPodGCThreshold":10}`, objects...)
	if got := len(env.List("Pod")); got != 11 {
		t.Errorf("after the first reconcile there are %d pods, want 11", got)
	}
	env.Advance(breath)
	settle(t, env)
	if got := len(env.List("Pod")); got != 10 {
		t.Errorf("after the second there are %d pods, want 10", got)
	}
}

func TestOrphans(t *testing.T) {
	gone := sdk.Key{Name: "n"}
	for _, c := range []struct {
		rule    string
		objects []any
		during  func(env *sdktest.Env) // the quarantine
		left    string
	}{
		{rule: "pods of a node that stays away go", objects: []any{pod("a", "", "n", running), pod("b", "", "m", running), node("m", "", "False")}, left: "b"},
		{rule: "whatever their phase", objects: []any{pod("a", "", "n", succeeded), pod("b", "", "n", `"phase":"Pending"`)}},
		{rule: "pods without a node are none of them", objects: []any{pod("a", "", "", running)}, left: "a"},
		{rule: "a node that comes back keeps them", objects: []any{pod("a", "", "n", running)}, left: "a",
			during: func(env *sdktest.Env) { env.Add(node("n", "", "True")) }},
		{rule: "a pod that comes meanwhile does not start the quarantine again", objects: []any{pod("a", "", "n", running)},
			during: func(env *sdktest.Env) { env.Add(pod("b", "", "n", running)) }},
		{rule: "of which finalizers hold some", objects: []any{pod("a", held, "n", running)}, left: "a"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := newEnv(t, "{}", c.objects...)
			all := left(env)
			env.Advance(quarantine / 2)
			if c.during != nil {
				c.during(env)
				all = left(env)
			}
			settle(t, env)
			if got := left(env); got != all {
				t.Errorf("pods during the quarantine: got %q, want %q", got, all)
			}
			env.Advance(quarantine / 2)
			settle(t, env)
			if got := left(env); got != c.left {
				t.Errorf("pods after the quarantine: got %q, want %q", got, c.left)
			}
		})
	}

	t.Run("the quarantine begins when the node goes", func(t *testing.T) {
		env := newEnv(t, "{}", pod("a", "", "n", running), node("n", "", "True"))
		env.Advance(time.Hour)
		env.Delete("Node", gone)
		settle(t, env)
		env.Advance(quarantine - time.Second)
		settle(t, env)
		before := left(env)
		env.Advance(time.Second)
		settle(t, env)
		if after := left(env); before != "a" || after != "" {
			t.Errorf("pods: got %q in the quarantine and %q after it, want \"a\" and none", before, after)
		}
	})

	t.Run("the API server has the last word", func(t *testing.T) {
		env := newEnv(t, "{}", pod("a", "", "n", running))
		reads := 0
		env.OnOperation = func(o sdktest.Operation) error {
			if o.Op == abi.OpGet && o.Resource == "v1/nodes" {
				if reads++; reads == 2 { // the first asks the cache
					return &sdk.APIError{Status: abi.StatusUnavailable}
				}
			}
			return nil
		}
		env.Advance(quarantine)
		settle(t, env) // with the second attempt
		if writes := env.Writes(); len(writes) != 2 || reads != 5 || left(env) != "" {
			t.Errorf("got %d writes after %d reads of the node, pods %q; want 2 after 5 and none", len(writes), reads, left(env))
		}
	})
}

// TestStatus checks what a pod is made to say before it is deleted.
func TestStatus(t *testing.T) {
	const since = "2029-01-01T00:00:00Z"
	target := func(status, time string) string {
		return fmt.Sprintf(`%s,"conditions":[{"type":"Ready","status":"True"},{"type":"DisruptionTarget","status":%q,"reason":"Old","lastTransitionTime":%q}]`,
			running, status, time)
	}
	now := "2030-01-01T00:00:40Z"
	for _, c := range []struct {
		rule   string
		object string
		want   string // phase, observed generation and the condition
	}{
		{"an orphan has failed because its node is gone", pod("a", held, "n", running), "Failed 3 DeletionByPodGC 3 " + now},
		{"a condition that was false changes", pod("a", held, "n", target("False", since)), "Failed 3 DeletionByPodGC 3 " + now},
		{"the time of a true one stays", pod("a", held, "n", target("True", since)), "Failed 3 DeletionByPodGC 3 " + since},
		{"one that has ended says nothing new", pod("a", held, "n", succeeded), "Succeeded    "},
		{"unscheduled pods have failed", pod("a", held+leaving, "", `"phase":"Pending"`), "Failed 3   "},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := newEnv(t, "{}", c.object)
			env.Advance(quarantine)
			settle(t, env)
			o := env.Get("Pod", sdk.Key{Namespace: "ns", Name: "a"})
			got := []string{o.Text("status.phase"), o.Text("status.observedGeneration"), "", "", ""}
			list, _ := o.Field("status.conditions").([]any)
			for _, entry := range list {
				entry := sdktest.Object(entry.(map[string]any))
				if entry.Text("type") == "DisruptionTarget" && entry.Text("status") == "True" {
					got = append(got[:2], entry.Text("reason"), entry.Text("observedGeneration"), entry.Text("lastTransitionTime"))
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("status of %s (-want +got):\n%s", o.JSON(), diff)
			}
			last := env.Writes()[len(env.Writes())-1]
			if grace := last.Write.GracePeriodSeconds; last.Op != abi.OpDelete || grace == nil || *grace != 0 || last.Write.UID != o.Text("metadata.uid") {
				t.Errorf("the last write is %s with grace period %v and uid %q, want a delete with 0 and %q", last.Op, grace, last.Write.UID, o.Text("metadata.uid"))
			}
		})
	}
}

// TestRefusals checks that one pod that cannot be deleted does not keep the
// others, and that what no other pod could pass ends the round.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		rule   string
		refuse error
		left   string
		err    bool
	}{
		{"an admission plugin holds one", &sdk.APIError{Status: abi.StatusForbidden}, "a", false},
		{"one is gone already", &sdk.APIError{Status: abi.StatusNotFound}, "a", false},
		{"one is another by now", &sdk.APIError{Status: abi.StatusConflict}, "a", false},
		{"the API server is away", &sdk.APIError{Status: abi.StatusUnavailable}, "a b", true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := sdktest.New(t, pod("a", leaving, "n", running), pod("b", leaving, "n", running), node("n", outTaint, "False"))
			env.OnOperation = func(o sdktest.Operation) error {
				if o.Op == abi.OpDelete && o.Key.Name == "a" {
					return c.refuse
				}
				return nil
			}
			if err := env.Settle(); (err != nil) != c.err || left(env) != c.left {
				t.Errorf("got pods %q and error %v, want %q and an error: %t", left(env), err, c.left, c.err)
			}
		})
	}
}

// TestUnscheduledRefused checks that a pod without a node that cannot be deleted is
// tried again without being woken.
func TestUnscheduledRefused(t *testing.T) {
	env := sdktest.New(t, pod("a", leaving, "", running))
	refused := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op != abi.OpDelete || refused > 0 {
			return nil
		}
		refused++
		return &sdk.APIError{Status: abi.StatusForbidden}
	}
	settle(t, env)
	if left(env) != "a" || refused != 1 {
		t.Fatalf("got pods %q after %d refusals, want a after one", left(env), refused)
	}
	env.Advance(period)
	settle(t, env)
	if left(env) != "" {
		t.Errorf("the pod is there after another try")
	}
}

// TestUnscheduledLeaves checks that a pod without a node goes when it begins to
// leave, not in the next round.
func TestUnscheduledLeaves(t *testing.T) {
	env := newEnv(t, "{}", pod("a", "", "", `"phase":"Pending"`))
	if got := left(env); got != "a" {
		t.Fatalf("before: got pods %q, want a", got)
	}
	env.Patch("Pod", sdk.Key{Namespace: "ns", Name: "a"}, `{"metadata":{`+leaving[1:]+`}}`)
	settle(t, env)
	if got := left(env); got != "" {
		t.Errorf("after: got pods %q, want none", got)
	}
}
