// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

const (
	healthy = "True"
	lost    = "Unknown unreachable:Execute unreachable:Schedule"
)

func TestSilentNode(t *testing.T) {
	w := newWorld(t, "", objects("z", "a", "b")...)
	w.beat("a", "b")
	w.pass(time.Minute)
	w.expect("both renew their leases", map[string]string{"a": healthy, "b": healthy})
	w.stop("b")
	w.pass(45 * time.Second)
	w.expect("within the grace period", map[string]string{"a": healthy, "b": healthy})
	w.pass(20 * time.Second)
	w.expect("after it", map[string]string{"a": healthy, "b": lost})
	b := w.Get("Node", sdk.Key{Name: "b"})
	conditions, _ := b.Field("status.conditions").([]any)
	for i, c := range conditions {
		c := sdktest.Object(c.(map[string]any))
		if c.Text("status") != statusUnknown || c.Text("reason") != "NodeStatusUnknown" || c.Text("message") != "Kubelet stopped posting node status." ||
			c.Text("lastTransitionTime") < "2030-01-01T00:01:50Z" {
			t.Errorf("condition %d: got %v, want it Unknown, as NodeStatusUnknown, since now", i, c)
		}
	}
	if got, want := w.events("NodeNotReady"), []string{"Normal node-controller b: Node b status is now: NodeNotReady"}; !slices.Equal(got, want) {
		t.Errorf("events: got %q, want %q", got, want)
	}
	if got := b.Text("spec.taints.0.timeAdded"); got < "2030-01-01T00:01:50Z" {
		t.Errorf("timeAdded = %q, want now", got)
	}
	w.beat("b")
	w.pass(5 * time.Second)
	w.expect("it is heard of again", map[string]string{"b": healthy})
	for _, write := range w.Writes() {
		if write.Write.UID == "" || write.Write.Observed == 0 {
			t.Errorf("%v of %s does not name the uid and the version it was decided on", write.Op, write.Key)
		}
	}
}

// TestSigns checks what counts as a sign of life.
func TestSigns(t *testing.T) {
	for _, test := range []struct {
		rule string
		sign func(w *world)
		want string
	}{
		{"nothing", func(*world) {}, lost},
		{"a lease alone", func(w *world) { w.renew("a") }, healthy},
		{"a status alone", func(w *world) { w.ready("a", statusTrue) }, healthy},
		{"a change of labels", func(w *world) {
			w.Patch("Node", sdk.Key{Name: "a"}, `{"metadata":{"labels":{"x":"`+w.Now().Format("05")+`"}}}`)
		}, lost},
		{"a renewal by a clock that is an hour behind", func(w *world) {
			w.skew = -time.Hour
			w.renew("a")
		}, healthy},
	} {
		w := newWorld(t, "", objects("z", "a", "b")...)
		w.beat("a", "b")
		w.stop("a")
		for range 9 {
			w.pass(9 * time.Second)
			test.sign(w)
		}
		if got := w.is("a"); got != test.want {
			t.Errorf("%s for 81s: got %q, want %q", test.rule, got, test.want)
		}
	}
}

func TestNodeThatNeverReported(t *testing.T) {
	w := newWorld(t, "", nodeOf("a", "z", ""), nodeOf("b", "z", statusTrue))
	w.beat("b")
	w.pass(55 * time.Second)
	w.expect("within the startup grace period", map[string]string{"a": ""})
	w.pass(15 * time.Second)
	w.expect("after it", map[string]string{"a": lost})
	want := map[string]any{
		"type": "Ready", "status": "Unknown", "reason": "NodeStatusNeverUpdated", "message": "Kubelet never posted node status.",
		"lastHeartbeatTime": "2030-01-01T00:00:00Z",
	}
	got := w.Get("Node", sdk.Key{Name: "a"}).Field("status.conditions.0").(map[string]any)
	delete(got, "lastTransitionTime")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("condition (-want +got):\n%s", diff)
	}
	if got := w.events("NodeNotReady"); got != nil {
		t.Errorf("events: got %q, want none: it never was ready", got)
	}
}

func TestNodeThatReportsNotReady(t *testing.T) {
	w := newWorld(t, "", objects("z", "a", "b")...)
	w.beat("a", "b")
	w.ready("a", statusFalse)
	w.pass(5 * time.Second)
	w.expect("it says so", map[string]string{"a": "False not-ready:Execute not-ready:Schedule"})
	w.stop("a")
	w.pass(70 * time.Second)
	w.expect("then it falls silent", map[string]string{"a": lost})
	w.beat("a")
	w.ready("a", statusFalse)
	w.pass(5 * time.Second)
	w.expect("then it speaks again", map[string]string{"a": "False not-ready:Execute not-ready:Schedule"})
}

func TestOtherTaintsStay(t *testing.T) {
	w := newWorld(t, "", objects("z", "a", "b")...)
	w.beat("a", "b")
	own := `{"key":"mine","value":"v","effect":"NoExecute","timeAdded":"2029-12-31T00:00:00Z"}`
	w.Patch("Node", sdk.Key{Name: "a"}, `{"spec":{"taints":[`+own+`]}}`)
	w.ready("a", statusFalse)
	w.pass(5 * time.Second)
	w.ready("a", statusTrue)
	w.pass(5 * time.Second)
	want := []any{map[string]any{"key": "mine", "value": "v", "effect": "NoExecute", "timeAdded": "2029-12-31T00:00:00Z"}}
	if diff := cmp.Diff(want, w.Get("Node", sdk.Key{Name: "a"}).Field("spec.taints")); diff != "" {
		t.Errorf("taints (-want +got):\n%s", diff)
	}
}

// TestRates loses nodes and counts how many are tainted after some time.
func TestRates(t *testing.T) {
	for _, test := range []struct {
		rule     string
		settings string
		zones    map[string][2]int // nodes, and those that are lost
		after    time.Duration     // since the first could be tainted
		want     int
	}{
		{"one in ten seconds", "", map[string][2]int{"y": {6, 3}}, 25 * time.Second, 3},
		{"not two at once", "", map[string][2]int{"y": {6, 3}}, 4 * time.Second, 1},
		{"zones do not wait for each other", "", map[string][2]int{"y": {6, 2}, "z": {6, 2}}, 4 * time.Second, 2},
		{"a small zone that lost many waits", "", map[string][2]int{"y": {6, 4}}, time.Minute, 0},
		{"one or two are not many", "", map[string][2]int{"y": {3, 2}}, 15 * time.Second, 2},
		{"the threshold is a setting", `{"unhealthyZoneThreshold":0.7}`, map[string][2]int{"y": {6, 4}}, 35 * time.Second, 4},
		{"a large zone goes on slowly", `{"largeClusterSizeThreshold":5,"secondaryNodeEvictionRate":0.02}`, map[string][2]int{"y": {6, 4}}, 55 * time.Second, 2},
		{"a zone that lost all goes on, if another lives", "", map[string][2]int{"y": {4, 4}, "z": {2, 0}}, 35 * time.Second, 4},
		{"nobody is tainted if all are lost", "", map[string][2]int{"y": {4, 4}, "z": {2, 2}}, time.Minute, 0},
		{"faster than the passes", `{"nodeEvictionRate":1}`, map[string][2]int{"y": {20, 6}}, 3 * time.Second, 4},
		{"no rate, no taints", `{"nodeEvictionRate":0}`, map[string][2]int{"y": {6, 1}}, time.Minute, 0},
	} {
		t.Run(test.rule, func(t *testing.T) {
			var all []any
			var names, gone []string
			for zone, count := range test.zones {
				in := many(zone, count[0])
				all = append(all, objects(zone, in...)...)
				names, gone = append(names, in...), append(gone, in[:count[1]]...)
			}
			w := newWorld(t, test.settings, all...)
			w.beat(names...)
			w.pass(20 * time.Second)
			w.stop(gone...)
			for range 90 { // until they are found out
				if strings.HasPrefix(w.is(gone[0]), statusUnknown) {
					break
				}
				w.pass(time.Second)
			}
			w.pass(test.after)
			if got := w.tainted(); got != test.want {
				t.Errorf("%s: after %v %d nodes are tainted, want %d", test.rule, test.after, got, test.want)
			}
		})
	}
}

// TestRateOutlivesTheInstance begins with taints that another instance added.
func TestRateOutlivesTheInstance(t *testing.T) {
	w := newWorld(t, "", append(objects("z", "c", "d", "e", "f"), nodeOf("a", "z", statusFalse), nodeOf("b", "z", statusFalse))...)
	if got := w.is("a")[:5] + " " + w.is("b")[:5]; got != "False False" {
		t.Fatalf("nodes are %s", got)
	}
	first, second := 0, 0
	for _, name := range []string{"a", "b"} {
		if len(w.is(name)) > len("False not-ready:Schedule") {
			first++
		}
	}
	other := newWorld(t, "", w.Get("Node", sdk.Key{Name: "a"}), w.Get("Node", sdk.Key{Name: "b"}), nodeOf("c", "z", statusTrue), nodeOf("d", "z", statusTrue))
	for _, name := range []string{"a", "b"} {
		if len(other.is(name)) > len("False not-ready:Schedule") {
			second++
		}
	}
	if first != 1 || second != 1 {
		t.Errorf("tainted at once: %d, and %d after another instance began, want 1 and 1", first, second)
	}
}

func TestFullDisruption(t *testing.T) {
	w := newWorld(t, "", append(objects("y", "a", "b"), objects("z", "c")...)...)
	w.beat("a", "b", "c")
	w.pass(20 * time.Second)
	w.stop("a")
	w.pass(70 * time.Second)
	w.expect("one is lost", map[string]string{"a": lost, "b": healthy, "c": healthy})
	w.stop("b", "c")
	w.pass(70 * time.Second)
	const untainted = "Unknown unreachable:Schedule"
	w.expect("all are lost", map[string]string{"a": untainted, "b": untainted, "c": untainted})
	w.beat("c")
	w.pass(5 * time.Second)
	w.expect("one is back", map[string]string{"c": healthy})
	w.pass(15 * time.Second)
	w.expect("the others are tainted again", map[string]string{"a": lost, "b": lost})
}

func TestExcludedNodes(t *testing.T) {
	w := newWorld(t, "", objects("z", "a", "b")...)
	w.Patch("Node", sdk.Key{Name: "b"}, `{"metadata":{"labels":{"node.kubernetes.io/exclude-disruption":""}}}`)
	w.beat("a", "b")
	w.pass(20 * time.Second)
	w.stop("a")
	w.pass(80 * time.Second)
	w.expect("the only node that counts is lost", map[string]string{"a": "Unknown unreachable:Schedule", "b": healthy})
}

// TestStaleCache lets the API server know of renewals that the cache does not.
func TestStaleCache(t *testing.T) {
	w := newWorld(t, "", objects("z", "a", "b")...)
	w.beat("a", "b")
	w.pass(20 * time.Second)
	w.stop("a")
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpGet && o.Resource == "coordination.k8s.io/v1/leases" {
			return errors.New("not now") // as good as a renewal: nothing is known
		}
		return nil
	}
	w.pass(80 * time.Second)
	w.expect("nobody can say whether the lease was renewed", map[string]string{"a": healthy})
	w.OnOperation = nil
	w.pass(5 * time.Second)
	w.expect("it was not", map[string]string{"a": lost})

	k := &known{renewed: w.Now().Add(-time.Hour)}
	if err := k.doubleCheck(w.Context(), "b"); !errors.Is(err, errStale) {
		t.Errorf("doubleCheck of a lease that was renewed: got %v, want %v", err, errStale)
	}
}

func TestComingAndGoing(t *testing.T) {
	w := newWorld(t, "", objects("z", "a")...)
	w.Add(nodeOf("b", "z", statusTrue))
	w.pass(5 * time.Second)
	w.Delete("Node", sdk.Key{Name: "a"})
	w.pass(5 * time.Second)
	if diff := cmp.Diff([]string{
		"Normal node-controller a: Node a event: Registered Node a in Controller",
		"Normal node-controller b: Node b event: Registered Node b in Controller",
	}, w.events("RegisteredNode")); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Normal node-controller a: Node a event: Removing Node a from Controller"}, w.events("RemovingNode")); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestManyLost loses more nodes than one pass writes to.
func TestManyLost(t *testing.T) {
	names := many("n", maxWrites+20)
	w := newWorld(t, "", append(objects("z", names...), nodeOf("b", "y", statusTrue))...)
	w.beat("b")
	w.pass(70 * time.Second)
	for _, name := range names {
		if got := w.is(name); got != "Unknown unreachable:Schedule" && got != lost {
			t.Fatalf("node %s is %q, want it lost", name, got)
		}
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t, "", append(objects("z", "a", "b", "c"), nodeOf("d", "z", statusFalse))...)
	w.pass(5 * time.Second)
	zone := sdk.Label{Key: "zone", Value: ":z"}
	for name, want := range map[string]float64{
		"node_collector_zone_size": 4, "node_collector_zone_health": 75,
		"node_collector_unhealthy_nodes_in_zone": 1, "node_collector_evictions_total": 1,
	} {
		if got := w.Metric(name, zone); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
}
