// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpoints

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

var podA = sdk.Key{Namespace: "default", Name: "a"}

func TestMetadata(t *testing.T) {
	w := newWorld(t, service, pod("a", "10.0.0.1"))
	w.Patch("Service", webKey, `{"metadata":{"labels":{"endpoints.kubernetes.io/managed-by":"me"}},"spec":{"clusterIP":"None"}}`)
	w.settle()
	e := w.Get("Endpoints", webKey)
	want := map[string]string{
		"metadata.labels":                 "map[endpoints.kubernetes.io/managed-by:endpoint-controller service.kubernetes.io/headless: tier:front]",
		"metadata.annotations":            "map[endpoints.kubernetes.io/last-change-trigger-time:2029-12-31T23:00:00Z]",
		"metadata.ownerReferences":        "",
		"subsets.0.addresses.0.nodeName":  "n1",
		"subsets.0.addresses.0.targetRef": "map[kind:Pod name:a namespace:default uid:uid-a]",
	}
	got := map[string]string{}
	for path := range want {
		got[path] = e.Text(path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Endpoints (-want +got):\n%s", diff)
	}
}

func TestChanges(t *testing.T) {
	w := newWorld(t, service, pod("a", "10.0.0.1"))
	w.settle()
	since := len(w.Writes())
	for _, c := range []struct {
		reason string
		change func()
		writes string
		want   string
	}{
		{"not ready", func() { w.Patch("Pod", podA, `{"status":{"conditions":[]}}`) }, "patch:1", "!10.0.0.1 at http:8080/TCP"},
		{"nothing that is read", func() { w.Patch("Pod", podA, `{"metadata":{"annotations":{"a":"b"}}}`) }, "", "!10.0.0.1 at http:8080/TCP"},
		{"a label of the service", func() { w.Patch("Service", webKey, `{"metadata":{"labels":{"tier":null}}}`) }, "patch:1", "!10.0.0.1 at http:8080/TCP"},
		{"another port", func() {
			w.Patch("Service", webKey, `{"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":81}]}}`)
		}, "patch:1", "!10.0.0.1 at http:81/TCP"},
		{"the pod is gone", func() { w.Kill("Pod", podA) }, "patch:1", ""},
		{"the Endpoints were deleted: made again", func() { w.Kill("Endpoints", webKey) }, "create:1", ""},
		{"the Endpoints were changed: put right", func() { w.Patch("Endpoints", webKey, `{"subsets":[{"addresses":[{"ip":"1.2.3.4"}]}]}`) }, "patch:1", ""},
		{"no selector: left alone", func() { w.Patch("Service", webKey, `{"spec":{"selector":null}}`) }, "", ""},
		{"the service is gone", func() { w.Kill("Service", webKey) }, "delete:1", "none"},
	} {
		c.change()
		w.settle()
		if got := w.writes(&since); got != c.writes {
			t.Errorf("%s: writes: got %q, want %q", c.reason, got, c.writes)
		}
		if got := w.line(); got != c.want {
			t.Errorf("%s: Endpoints: got %q, want %q", c.reason, got, c.want)
		}
	}
}

func TestTriggerTime(t *testing.T) {
	w := newWorld(t, service)
	ready := func(name, when, status string) {
		w.Patch("Pod", sdk.Key{Namespace: "default", Name: name},
			fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":%q,"lastTransitionTime":%q}]}}`, status, when))
	}
	for _, c := range []struct {
		reason string
		change func()
		want   string
	}{
		{"the first: the service was created", func() {}, "2029-12-31T23:00:00Z"},
		{"a new pod became ready", func() { w.Add(pod("a", "10.0.0.1")); ready("a", "2030-01-01T00:00:05Z", "True") }, "2030-01-01T00:00:05Z"},
		{"of several the first", func() {
			w.Add(pod("b", "10.0.0.2"))
			ready("b", "2030-01-01T00:00:09Z", "True")
			ready("a", "2030-01-01T00:00:08Z", "False")
		}, "2030-01-01T00:00:08Z"},
		{"a pod is gone: nobody knows since when", func() { w.Kill("Pod", podA) }, "<nil>"},
	} {
		c.change()
		w.settle()
		annotations, _ := w.Get("Endpoints", webKey).Field("metadata.annotations").(map[string]any)
		if got := fmt.Sprint(annotations[backend.AnnotationTriggerTime]); got != c.want {
			t.Errorf("%s: trigger time: got %s, want %s", c.reason, got, c.want)
		}
	}
}

// found is Endpoints of the name of the service web that were there before.
func found(metadata, subsets string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Endpoints","metadata":{"namespace":"default","name":"web",%s},"subsets":%s}`, metadata, subsets)
}

func TestFound(t *testing.T) {
	const (
		managed = `"labels":{"endpoints.kubernetes.io/managed-by":"endpoint-controller","tier":"front"}`
		leader  = `"annotations":{"control-plane.alpha.kubernetes.io/leader":"{}"}`
		ref     = `"nodeName":"n1","targetRef":{"kind":"Pod","namespace":"default","name":"a","uid":"uid-a"}`
		right   = `[{"addresses":[{"ip":"10.0.0.1",` + ref + `}],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}]`
		other   = `[{"addresses":[{"ip":"1.2.3.4"}],"ports":[{"name":"x","port":1,"protocol":"TCP"}]}]`
	)
	split := `[{"addresses":[{"ip":"10.0.0.1",` + ref + `}],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]},` + right[1:]
	for _, c := range []struct {
		reason    string
		endpoints string
		service   bool
		writes    string
	}{
		{"right: left alone", found(managed, right), true, ""},
		{"another form of the same: left alone", found(managed, split), true, ""},
		{"of an older controller: labelled", found(`"labels":{"tier":"front"}`, right), true, "patch:1"},
		{"other addresses: replaced", found(managed, other), true, "patch:1"},
		{"over capacity no longer", found(managed+`,"annotations":{"endpoints.kubernetes.io/over-capacity":"truncated"}`, right), true, "patch:1"},
		{"left over by a service that went while nobody looked", found(managed, right), false, "delete:1"},
		{"somebody's, whose service is still to come", found(`"labels":{}`, other), false, ""},
		{"an election, whoever labelled it", found(managed+","+leader, "[]"), false, ""},
	} {
		t.Run(c.reason, func(t *testing.T) {
			w := newWorld(t, c.endpoints, pod("a", "10.0.0.1"))
			if c.service {
				w.Add(service)
			}
			w.settle()
			since := 0
			if got := w.writes(&since); got != c.writes {
				t.Errorf("writes: got %q, want %q", got, c.writes)
			}
		})
	}
}

func TestCustomGoesWithItsService(t *testing.T) {
	w := newWorld(t, service, found(`"labels":{}`, `[]`))
	w.Patch("Service", webKey, `{"spec":{"selector":null}}`)
	w.settle()
	w.Kill("Service", webKey)
	w.settle()
	if got := w.line(); got != "none" {
		t.Errorf("Endpoints: got %q, want none", got)
	}
}

func TestCapacity(t *testing.T) {
	w := newWorld(t, service)
	for i := range 1003 {
		p := w.Add(pod(fmt.Sprintf("p%04d", i), fmt.Sprintf("10.0.%d.%d", i/250, i%250+1)))
		if i < 10 {
			w.Patch("Pod", p.Key(), `{"status":{"conditions":[]}}`)
		}
	}
	count := func() (ready, notReady int, annotation string) {
		line := w.line()
		notReady = strings.Count(line, "!")
		annotations, _ := w.Get("Endpoints", webKey).Field("metadata.annotations").(map[string]any)
		return strings.Count(line, "10.0.") - notReady, notReady, fmt.Sprint(annotations[annotationOverCapacity])
	}
	since := 0
	for _, c := range []struct {
		reason string
		change func()
		want   string
		writes string
	}{
		{"those that are ready come first", func() {}, "993 7 truncated", "create:1"},
		{"nothing to do", func() { w.Patch("Service", webKey, `{"spec":{"trafficDistribution":"PreferClose"}}`) }, "993 7 truncated", ""},
		{"they fit", func() {
			for i := range 3 {
				w.Kill("Pod", sdk.Key{Namespace: "default", Name: fmt.Sprintf("p%04d", i)})
			}
		}, "993 7 <nil>", "patch:1"},
	} {
		c.change()
		w.settle()
		ready, notReady, annotation := count()
		if got := fmt.Sprint(ready, notReady, " ", annotation); got != c.want {
			t.Errorf("%s: ready, not ready, annotation: got %s, want %s", c.reason, got, c.want)
		}
		if got := w.writes(&since); got != c.writes {
			t.Errorf("%s: writes: got %q, want %q", c.reason, got, c.writes)
		}
	}
}

func TestTruncate(t *testing.T) {
	addresses := func(n int) []backend.Address { return make([]backend.Address, n) }
	for _, c := range []struct {
		reason string
		sizes  [][2]int // ready and not ready of each subset
		want   [][2]int
	}{
		{"at capacity", [][2]int{{900, 100}}, [][2]int{{900, 100}}},
		{"shares of those that are not ready", [][2]int{{400, 300}, {400, 100}}, [][2]int{{400, 150}, {400, 50}}},
		{"shares of those that are ready, none that is not", [][2]int{{1500, 10}, {500, 10}}, [][2]int{{750, 0}, {250, 0}}},
		{"shares are rounded up, the last is what is left", [][2]int{{501, 0}, {501, 0}, {1, 0}}, [][2]int{{500, 0}, {500, 0}, {0, 0}}},
	} {
		var subsets []backend.Subset
		for _, size := range c.sizes {
			subsets = append(subsets, backend.Subset{Addresses: addresses(size[0]), NotReadyAddresses: addresses(size[1])})
		}
		truncate(subsets)
		var got [][2]int
		for _, s := range subsets {
			got = append(got, [2]int{len(s.Addresses), len(s.NotReadyAddresses)})
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	quota := &sdk.APIError{Status: abi.StatusForbidden, Message: "exceeded quota"}
	for _, c := range []struct {
		reason string
		op     abi.Operation
		err    *sdk.APIError
		event  string
		fails  bool
	}{
		{"the namespace is going: no matter", abi.OpCreate, &sdk.APIError{Status: abi.StatusForbidden, Causes: []string{"NamespaceTerminating"}}, "", false},
		{"creation", abi.OpCreate, quota, "FailedToCreateEndpoint", true},
		{"change", abi.OpPatch, quota, "FailedToUpdateEndpoint", true},
		{"a conflict: tried again in silence", abi.OpPatch, &sdk.APIError{Status: abi.StatusConflict}, "", true},
	} {
		w := newWorld(t, service)
		if c.op == abi.OpPatch {
			w.settle()
			w.Add(pod("a", "10.0.0.1"))
		}
		w.OnOperation = func(o sdktest.Operation) error {
			if o.Op == c.op {
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

func TestBatch(t *testing.T) {
	w := newWorld(t, service)
	if err := w.Configure(`{"updatesBatchPeriod":"2s"}`); err != nil {
		t.Fatal(err)
	}
	w.settle()
	since := 0
	if got := w.writes(&since); got != "create:1" {
		t.Errorf("a new service: writes: got %q, want create:1", got)
	}
	for i, name := range []string{"a", "b"} {
		w.Add(pod(name, fmt.Sprintf("10.0.0.%d", i+1)))
		w.settle()
		w.Advance(time.Second)
	}
	if got := w.writes(&since); got != "" {
		t.Errorf("before the period is over: writes: got %q, want none", got)
	}
	w.settle()
	if got, line := w.writes(&since), w.line(); got != "patch:1" || line != "10.0.0.1 10.0.0.2 at http:8080/TCP" {
		t.Errorf("after the period: writes %q, Endpoints %q, want one patch with both pods", got, line)
	}
	if err := w.Configure(`{"updatesBatchPeriod":"soon"}`); err == nil {
		t.Error("updatesBatchPeriod soon: got no error")
	}
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
