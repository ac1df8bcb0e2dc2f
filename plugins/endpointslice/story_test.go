// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

// addPods adds ready pods with these numbers.
func (w *world) addPods(from, to int) {
	for i := from; i < to; i++ {
		w.Add(pod(fmt.Sprintf("p%03d", i), fmt.Sprintf("10.0.%d.%d", i/250, i%250+1)))
	}
}

func podKey(i int) sdk.Key { return sdk.Key{Namespace: "default", Name: fmt.Sprintf("p%03d", i)} }

// sizes returns how many endpoints the slices have, ascending.
func (w *world) sizes() []int {
	var sizes []int
	for _, o := range w.List("EndpointSlice") {
		list, _ := o.Field("endpoints").([]any)
		sizes = append(sizes, len(list))
	}
	slices.Sort(sizes)
	return sizes
}

// step settles and compares the sizes of the slices and the writes it took.
func (w *world) step(what string, since *int, sizes []int, writes string) {
	w.t.Helper()
	w.settle()
	if diff := cmp.Diff(sizes, w.sizes()); diff != "" {
		w.t.Errorf("%s: sizes of the slices (-want +got):\n%s", what, diff)
	}
	if got := w.writes(since); got != writes {
		w.t.Errorf("%s: writes: got %q, want %q", what, got, writes)
	}
	w.wantEachOnce(what)
}

// wantEachOnce expects each pod in one slice.
func (w *world) wantEachOnce(what string) {
	w.t.Helper()
	seen := map[string]int{}
	for _, line := range w.slices() {
		for word := range strings.FieldsSeq(line) {
			if ip, found := strings.CutPrefix(word, "["); found {
				seen[ip]++
			}
		}
	}
	for ip, n := range seen {
		if n != 1 {
			w.t.Errorf("%s: address %s is in %d endpoints", what, ip, n)
		}
	}
	if got, want := len(seen), len(w.List("Pod")); got != want {
		w.t.Errorf("%s: %d addresses for %d pods", what, got, want)
	}
}

func TestPacking(t *testing.T) {
	w := newWorld(t, service)
	if err := w.Configure(`{"maxEndpointsPerSlice":10}`); err != nil {
		t.Fatal(err)
	}
	since := 0
	w.step("no pods", &since, []int{0}, "create:1")
	w.addPods(0, 25)
	w.step("the empty slice is used", &since, []int{5, 10, 10}, "create:2 patch:1")
	w.step("nothing to do", &since, []int{5, 10, 10}, "")
	w.addPods(25, 28)
	w.step("one slice has room for all", &since, []int{8, 10, 10}, "patch:1")
	w.addPods(28, 32)
	w.step("none has: a new one, and others are left alone", &since, []int{4, 8, 10, 10}, "create:1")
	w.Kill("Pod", podKey(0))
	w.step("one pod less: no repacking", &since, []int{4, 8, 9, 10}, "patch:1")
	w.addPods(32, 33)
	w.step("the fullest with room", &since, []int{4, 8, 10, 10}, "patch:1")
	w.Patch("Pod", podKey(1), `{"status":{"conditions":[]}}`)
	w.addPods(33, 34)
	w.step("what is written anyway is filled first, if it has room", &since, []int{4, 9, 10, 10}, "patch:2")
	for i := 1; i < 34; i++ {
		w.Kill("Pod", podKey(i))
	}
	w.addPods(0, 1)
	w.step("all replaced: one slice is used again", &since, []int{1}, "delete:3 patch:1")
	w.Kill("Pod", podKey(0))
	w.step("the last pod goes: the slice stays, empty", &since, []int{0}, "patch:1")
}

func TestChanges(t *testing.T) {
	w := newWorld(t, service, pod("a", "10.0.0.1"))
	w.settle()
	since := len(w.Writes())
	for _, c := range []struct {
		reason, kind string
		key          sdk.Key
		patch        string
		writes       string
		want         string
	}{
		{"readiness", "Pod", sdk.Key{Namespace: "default", Name: "a"}, `{"status":{"conditions":[]}}`, "patch:1", "IPv4 http:8080/TCP [10.0.0.1 node=n1 zone=z1]"},
		{"a change that nobody reads", "Pod", sdk.Key{Namespace: "default", Name: "a"}, `{"metadata":{"annotations":{"a":"b"}}}`, "", "IPv4 http:8080/TCP [10.0.0.1 node=n1 zone=z1]"},
		{"a label of the service", "Service", webKey, `{"metadata":{"labels":{"new":"1","tier":null}}}`, "patch:1", "IPv4 http:8080/TCP [10.0.0.1 node=n1 zone=z1]"},
		{"another port of the service: the slice is used again", "Service", webKey, `{"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":81}]}}`, "patch:1", "IPv4 http:81/TCP [10.0.0.1 node=n1 zone=z1]"},
		{"another selector", "Service", webKey, `{"spec":{"selector":{"app":"db"}}}`, "patch:1", "IPv4"},
		{"the pod has the label now", "Pod", sdk.Key{Namespace: "default", Name: "a"}, `{"metadata":{"labels":{"app":"db"}}}`, "patch:1", "IPv4 http:81/TCP [10.0.0.1 node=n1 zone=z1]"},
		{"no selector: the slices are left alone", "Service", webKey, `{"spec":{"selector":null}}`, "", "IPv4 http:81/TCP [10.0.0.1 node=n1 zone=z1]"},
		{"selected again by another family: a slice of another type", "Service", webKey, `{"spec":{"selector":{"app":"db"},"ipFamilies":["IPv6"]}}`, "create:1 delete:1", "IPv6"},
	} {
		w.Patch(c.kind, c.key, c.patch)
		w.settle()
		if got := w.writes(&since); got != c.writes {
			t.Errorf("%s: writes: got %q, want %q", c.reason, got, c.writes)
		}
		if diff := cmp.Diff([]string{c.want}, w.slices()); diff != "" {
			t.Errorf("%s: slices (-want +got):\n%s", c.reason, diff)
		}
	}
	want := sdk.Labels{
		{Key: "endpointslice.kubernetes.io/managed-by", Value: "endpointslice-controller.k8s.io"},
		{Key: "kubernetes.io/service-name", Value: "web"},
		{Key: "new", Value: "1"},
	}
	if diff := cmp.Diff(want, w.List("EndpointSlice")[0].Labels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

func TestMetadata(t *testing.T) {
	w := newWorld(t, service)
	w.Patch("Service", webKey, `{"metadata":{"labels":{"kubernetes.io/service-name":"other","service.kubernetes.io/headless":"x"}},"spec":{"clusterIP":"None"}}`)
	w.addPods(0, 1)
	w.settle()
	slice := w.List("EndpointSlice")[0]
	want := map[string]string{
		"metadata.generateName": "web-",
		"metadata.labels": "map[endpointslice.kubernetes.io/managed-by:endpointslice-controller.k8s.io " +
			"kubernetes.io/service-name:web service.kubernetes.io/headless: tier:front]",
		"metadata.ownerReferences": "[map[apiVersion:v1 blockOwnerDeletion:true controller:true kind:Service name:web uid:web-1]]",
		"metadata.annotations":     "map[endpoints.kubernetes.io/last-change-trigger-time:2029-12-31T23:00:00Z]",
		"endpoints.0.targetRef":    "map[kind:Pod name:p000 namespace:default uid:uid-p000]",
	}
	got := map[string]string{}
	for path := range want {
		got[path] = slice.Text(path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the slice (-want +got):\n%s", diff)
	}
}

// trigger returns the trigger times of the slices.
func (w *world) trigger() (times []string) {
	for _, o := range w.List("EndpointSlice") {
		annotations, _ := o.Field("metadata.annotations").(map[string]any)
		times = append(times, fmt.Sprint(annotations[backend.AnnotationTriggerTime]))
	}
	return times
}

func TestTriggerTime(t *testing.T) {
	w := newWorld(t, service)
	since := func(name, when, status string) {
		w.Patch("Pod", sdk.Key{Namespace: "default", Name: name},
			fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":%q,"lastTransitionTime":%q}]}}`, status, when))
	}
	for _, c := range []struct {
		reason string
		change func()
		want   string
	}{
		{"the first slice: the service was created", func() {}, "2029-12-31T23:00:00Z"},
		{"a new pod became ready", func() { w.Add(pod("a", "10.0.0.1")); since("a", "2030-01-01T00:00:05Z", "True") }, "2030-01-01T00:00:05Z"},
		{"of several the first", func() {
			w.Add(pod("b", "10.0.0.2"))
			since("b", "2030-01-01T00:00:09Z", "True")
			since("a", "2030-01-01T00:00:08Z", "False")
		}, "2030-01-01T00:00:08Z"},
		{"a pod is gone: nobody knows since when", func() { w.Kill("Pod", sdk.Key{Namespace: "default", Name: "b"}) }, "<nil>"},
	} {
		c.change()
		w.settle()
		if diff := cmp.Diff([]string{c.want}, w.trigger()); diff != "" {
			t.Errorf("%s: trigger time (-want +got):\n%s", c.reason, diff)
		}
	}
}

// sliceOf is a slice of the service web that somebody made.
func sliceOf(name, addressType, owner, ips string) string {
	return fmt.Sprintf(`{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
		"metadata": {"namespace": "default", "name": %q,
			"labels": {"kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io", "tier": "front"},
			"ownerReferences": [{"apiVersion": "v1", "kind": "Service", "name": "web", "uid": %q, "controller": true}]},
		"addressType": %q,
		"endpoints": [%s],
		"ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]
	}`, name, owner, addressType, ips)
}

func TestFound(t *testing.T) {
	endpoint := `{"addresses":["10.0.0.1"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"n1","zone":"z1",
		"targetRef":{"kind":"Pod","namespace":"default","name":"p000","uid":"uid-p000","resourceVersion":"7"}}`
	for _, c := range []struct {
		reason string
		slices []any
		writes string
		sizes  []int
	}{
		{"what is right is left alone, another resourceVersion or not", []any{sliceOf("a", "IPv4", "web-1", endpoint)}, "", []int{1}},
		{"an endpoint twice", []any{sliceOf("a", "IPv4", "web-1", endpoint), sliceOf("b", "IPv4", "web-1", endpoint)}, "delete:1", []int{1}},
		{"an endpoint of nobody", []any{sliceOf("a", "IPv4", "web-1", endpoint+`,{"addresses":["10.9.9.9"]}`)}, "patch:1", []int{1}},
		{"an empty slice beside a full one", []any{sliceOf("a", "IPv4", "web-1", ""), sliceOf("b", "IPv4", "web-1", endpoint)}, "delete:1", []int{1}},
		{"a slice of a namesake that is gone", []any{sliceOf("a", "IPv4", "web-0", endpoint)}, "create:1 delete:1", []int{1}},
		{"a slice of a family that is not asked for", []any{sliceOf("a", "IPv6", "web-1", "")}, "create:1 delete:1", []int{1}},
		{"hints of a distribution that is not asked for", []any{sliceOf("a", "IPv4", "web-1", strings.Replace(endpoint, `"zone"`, `"hints":{"forZones":[{"name":"z9"}]},"zone"`, 1))}, "patch:1", []int{1}},
		{"a slice of another manager", []any{strings.Replace(sliceOf("a", "IPv4", "web-1", ""), "endpointslice-controller.k8s.io", "somebody", 1)}, "create:1", []int{0, 1}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			w := newWorld(t, append(c.slices, service)...)
			w.addPods(0, 1)
			w.settle()
			since := 0
			if got := w.writes(&since); got != c.writes {
				t.Errorf("writes: got %q, want %q", got, c.writes)
			}
			if diff := cmp.Diff(c.sizes, w.sizes()); diff != "" {
				t.Errorf("sizes of the slices (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRestored(t *testing.T) {
	w := newWorld(t, service)
	w.addPods(0, 2)
	w.settle()
	want := w.slices()
	slice := w.List("EndpointSlice")[0].Key()
	for reason, change := range map[string]func(){
		"deleted": func() { w.Kill("EndpointSlice", slice) },
		"emptied": func() { w.Patch("EndpointSlice", w.List("EndpointSlice")[0].Key(), `{"endpoints":[]}`) },
		"relabel": func() {
			w.Patch("EndpointSlice", w.List("EndpointSlice")[0].Key(), `{"metadata":{"labels":{"tier":"back"}}}`)
		},
		"ports": func() { w.Patch("EndpointSlice", w.List("EndpointSlice")[0].Key(), `{"ports":[]}`) },
	} {
		change()
		w.settle()
		if diff := cmp.Diff(want, w.slices()); diff != "" {
			t.Errorf("%s: slices (-want +got):\n%s", reason, diff)
		}
		if got := w.List("EndpointSlice")[0].Text("metadata.labels.tier"); got != "front" {
			t.Errorf("%s: label tier: got %q, want front", reason, got)
		}
	}
}

func TestServiceGoing(t *testing.T) {
	w := newWorld(t, service)
	w.Patch("Service", webKey, `{"metadata":{"finalizers":["example.com/stay"],"deletionTimestamp":"2030-01-01T00:00:00Z"}}`)
	w.addPods(0, 1)
	w.settle()
	w.want()
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		reason string
		err    *sdk.APIError
		event  string
		fails  bool
	}{
		{"the namespace is going: no matter", &sdk.APIError{Status: abi.StatusForbidden, Causes: []string{"NamespaceTerminating"}}, "", false},
		{"a quota", &sdk.APIError{Status: abi.StatusForbidden, Message: "exceeded quota"}, "FailedToUpdateEndpointSlices", true},
		{"a conflict: tried again in silence", &sdk.APIError{Status: abi.StatusConflict}, "", true},
	} {
		w := newWorld(t, service)
		w.OnOperation = func(o sdktest.Operation) error {
			if o.Op == abi.OpCreate {
				return c.err
			}
			return nil
		}
		if err := w.Settle(); (err != nil) != c.fails {
			t.Errorf("%s: Settle: %v, want failure %t", c.reason, err, c.fails)
		}
		reasons := ""
		for _, e := range w.Events() {
			reasons += e.Reason
		}
		if reasons != c.event {
			t.Errorf("%s: events: got %q, want %q", c.reason, reasons, c.event)
		}
	}
}

func TestSettings(t *testing.T) {
	for text, want := range map[string]string{
		`{"maxEndpointsPerSlice":0}`:    "maxEndpointsPerSlice: expected 1 to 1000",
		`{"maxEndpointsPerSlice":1001}`: "maxEndpointsPerSlice: expected 1 to 1000",
		`{"maxEndpointsPerSlice":1000}`: "",
		`{"updatesBatchPeriod":"-1s"}`:  `updatesBatchPeriod is "-1s", expected a duration`,
	} {
		err := newWorld(t).Configure(text)
		if got := fmt.Sprint(err); (err == nil) != (want == "") || !strings.Contains(got, want) && want != "" {
			t.Errorf("settings %s: got error %v, want %q", text, err, want)
		}
	}
}

func TestHomeless(t *testing.T) {
	w := newWorld(t, service, pod("a", "10.0.0.1"))
	w.Kill("Node", sdk.Key{Name: "n1"})
	w.settle()
	w.want("IPv4")
	if result, err := w.Reconcile(Name, webKey); err != nil || result.RequeueAfter != homelessAgain {
		t.Errorf("Reconcile without the node: got %v, error %v, want another look after %s", result, err, homelessAgain)
	}
	w.Add(node)
	w.settle()
	w.want("IPv4 http:8080/TCP [10.0.0.1 " + up + "]")
}

// TestZone: a node that moves takes the endpoints on it along.
func TestZone(t *testing.T) {
	w := newWorld(t, service, pod("a", "10.0.0.1"))
	w.settle()
	w.Patch("Node", sdk.Key{Name: "n1"}, `{"metadata":{"labels":{"topology.kubernetes.io/zone":"z2"}}}`)
	w.settle()
	w.want("IPv4 http:8080/TCP [10.0.0.1 ready serving node=n1 zone=z2]")
}

func TestBatch(t *testing.T) {
	w := newWorld(t, service)
	if err := w.Configure(`{"updatesBatchPeriod":"2s"}`); err != nil {
		t.Fatal(err)
	}
	since := 0
	w.step("the first at once", &since, []int{0}, "create:1")
	w.addPods(0, 1)
	w.settle()
	w.Advance(time.Second)
	w.addPods(1, 2)
	w.settle()
	w.Advance(time.Second - 1)
	w.settle()
	if got := w.writes(&since); got != "" {
		t.Errorf("before the period is over: writes: got %q, want none", got)
	}
	w.Advance(1)
	w.step("after the period: one write for all", &since, []int{2}, "patch:1")
	w.Advance(time.Minute)
	w.step("nothing to do, nothing to wait for", &since, []int{2}, "")
}

// TestPodsWithoutAddress has pods come and go that have none: the controller is not told
// of them, and Settle fails if anything were to be done.
func TestPodsWithoutAddress(t *testing.T) {
	w := newWorld(t, service, pod("a", "10.0.0.1"))
	w.settle()
	before := len(w.Writes())
	b := sdk.Key{Namespace: "default", Name: "b"}
	w.Add(pod("b", ""))
	w.settle()
	w.Patch("Pod", b, `{"spec":{"nodeName":"n2"},"status":{"phase":"Failed"}}`)
	w.settle()
	w.Patch("Pod", b, `{"metadata":{"labels":null}}`)
	w.settle()
	w.Kill("Pod", b)
	w.settle()
	if n := len(w.Writes()) - before; n != 0 {
		t.Errorf("%d writes, want none", n)
	}
	w.Patch("Pod", sdk.Key{Namespace: "default", Name: "a"}, `{"status":{"podIPs":[]}}`)
	w.settle()
	if n := len(w.Writes()) - before; n == 0 {
		t.Error("no write when a pod loses its address")
	}
}

// TestForeignSlices has slices of somebody else change: the controller is not told of
// them, and Settle fails if anything were to be done.
func TestForeignSlices(t *testing.T) {
	w := newWorld(t, service, pod("a", "10.0.0.1"))
	w.settle()
	before := len(w.Writes())
	w.Add(`{"kind":"EndpointSlice","metadata":{"namespace":"default","name":"x","labels":{"kubernetes.io/service-name":"web","endpointslice.kubernetes.io/managed-by":"me"}},"addressType":"IPv4"}`)
	w.settle()
	x := sdk.Key{Namespace: "default", Name: "x"}
	w.Patch("EndpointSlice", x, `{"endpoints":[{"addresses":["10.0.0.9"]}]}`)
	w.settle()
	if n := len(w.Writes()) - before; n != 0 {
		t.Errorf("%d writes, want none", n)
	}
	w.Patch("EndpointSlice", x, `{"metadata":{"labels":{"endpointslice.kubernetes.io/managed-by":"`+managedBy+`"}}}`)
	w.settle()
	if n := len(w.Writes()) - before; n == 0 {
		t.Error("no write when a slice with another endpoint becomes the controller's")
	}
}
