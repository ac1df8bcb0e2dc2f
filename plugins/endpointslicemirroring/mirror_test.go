// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslicemirroring

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	os.Exit(m.Run())
}

var dbKey = sdk.Key{Namespace: "default", Name: "db"}

// service is the service db, which selects nothing.
const service = `{
	"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "default", "name": "db"},
	"spec": {"ports": [{"name": "sql", "protocol": "TCP", "port": 5432}]}
}`

// database is Endpoints of the service db that somebody made, with subsets.
func database(subsets string) string {
	return fmt.Sprintf(`{
		"apiVersion": "v1", "kind": "Endpoints",
		"metadata": {"namespace": "default", "name": "db", "uid": "db-1", "labels": {"team": "data"},
			"annotations": {"note": "x", "endpoints.kubernetes.io/last-change-trigger-time": "t", "kubectl.kubernetes.io/last-applied-configuration": "{}"}},
		"subsets": %s
	}`, subsets)
}

// sql is one subset with the port sql and these members.
func sql(members string) string {
	return `[{` + members + `,"ports":[{"name":"sql","port":5432,"protocol":"TCP"}]}]`
}

// world is an environment with the questions that the tests ask.
type world struct {
	*sdktest.Env
	t *testing.T
}

func newWorld(t *testing.T, objects ...any) *world { return &world{sdktest.New(t, objects...), t} }

func (w *world) settle() {
	w.t.Helper()
	if err := w.Settle(); err != nil {
		w.t.Fatalf("Settle: %v", err)
	}
}

// slices returns the slices as lines, "IPv4 10.0.0.1 !10.0.0.2 at sql:5432/TCP"
// for one endpoint that is ready and one that is not.
func (w *world) slices() []string {
	var lines []string
	for _, o := range w.List("EndpointSlice") {
		var s backend.Slice
		if err := sdk.Raw(o.JSON()).Decode(&s); err != nil {
			w.t.Fatal(err)
		}
		words := []string{s.AddressType}
		for _, e := range s.Endpoints {
			word := strings.Join(e.Addresses, ",")
			if e.Conditions.Ready == nil || !*e.Conditions.Ready {
				word = "!" + word
			}
			words = append(words, word)
		}
		slices.SortFunc(words[1:], func(a, b string) int { return strings.Compare(strings.TrimLeft(a, "!"), strings.TrimLeft(b, "!")) })
		words = append(words, "at")
		for _, p := range s.Ports {
			words = append(words, fmt.Sprintf("%s:%d/%s", p.Name, p.Port, p.Protocol))
		}
		lines = append(lines, strings.Join(words, " "))
	}
	slices.Sort(lines)
	return lines
}

func (w *world) want(reason string, lines ...string) {
	w.t.Helper()
	if diff := cmp.Diff(lines, w.slices()); diff != "" {
		w.t.Errorf("%s: slices (-want +got):\n%s", reason, diff)
	}
}

// writes counts the writes since the last call, "create:1" for example.
func (w *world) writes(since *int) string {
	counts := map[string]int{}
	all := w.Writes()
	for _, o := range all[*since:] {
		counts[o.Op.String()]++
	}
	*since = len(all)
	return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(counts), "map["), "]")
}

func TestRules(t *testing.T) {
	const one = `"addresses":[{"ip":"10.0.0.1"}]`
	for _, c := range []struct {
		reason    string
		service   string // a merge patch; "none" for no service
		endpoints string // a merge patch
		subsets   string
		want      []string
	}{
		{"mirrored", "{}", "{}", sql(one), []string{"IPv4 10.0.0.1 at sql:5432/TCP"}},
		{"a service with a selector: the other controller's", `{"spec":{"selector":{"app":"db"}}}`, "{}", sql(one), nil},
		{"no service", "none", "{}", sql(one), nil},
		{"not to be mirrored", "{}", `{"metadata":{"labels":{"endpointslice.kubernetes.io/skip-mirror":"true"}}}`, sql(one), nil},
		{"the label says another thing", "{}", `{"metadata":{"labels":{"endpointslice.kubernetes.io/skip-mirror":"false"}}}`, sql(one), []string{"IPv4 10.0.0.1 at sql:5432/TCP"}},
		{"an election", "{}", `{"metadata":{"annotations":{"control-plane.alpha.kubernetes.io/leader":"{}"}}}`, sql(one), nil},
		{"without subsets: nothing", "{}", "{}", "[]", nil},
		{"ready and not", "{}", "{}", sql(`"addresses":[{"ip":"10.0.0.1"}],"notReadyAddresses":[{"ip":"10.0.0.2"}]`), []string{"IPv4 10.0.0.1 !10.0.0.2 at sql:5432/TCP"}},
		{"said to be both: not ready", "{}", "{}", sql(`"addresses":[{"ip":"10.0.0.1"}],"notReadyAddresses":[{"ip":"10.0.0.1"}]`), []string{"IPv4 !10.0.0.1 at sql:5432/TCP"}},
		{"a slice for each family", "{}", "{}", sql(`"addresses":[{"ip":"10.0.0.1"},{"ip":"2001:db8::1"}]`), []string{"IPv4 10.0.0.1 at sql:5432/TCP", "IPv6 2001:db8::1 at sql:5432/TCP"}},
		{"addresses in their canonical form", "{}", "{}", sql(`"addresses":[{"ip":"010.000.0.01"},{"ip":"2001:DB8:0:0::1"}]`), []string{"IPv4 10.0.0.1 at sql:5432/TCP", "IPv6 2001:db8::1 at sql:5432/TCP"}},
		{"a subset without ports", "{}", "{}", `[{"addresses":[{"ip":"10.0.0.1"}]}]`, []string{"IPv4 10.0.0.1 at"}},
		{
			"subsets with the same addresses are one", "{}", "{}",
			`[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"a","port":1,"protocol":"TCP"}]},{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"b","port":2,"protocol":"TCP"}]}]`,
			[]string{"IPv4 10.0.0.1 at a:1/TCP b:2/TCP"},
		},
		{
			"a slice for each subset", "{}", "{}",
			`[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"a","port":1,"protocol":"TCP"}]},{"addresses":[{"ip":"10.0.0.2"}],"ports":[{"name":"b","port":2,"protocol":"TCP"}]}]`,
			[]string{"IPv4 10.0.0.1 at a:1/TCP", "IPv4 10.0.0.2 at b:2/TCP"},
		},
	} {
		w := newWorld(t, database(c.subsets))
		w.Patch("Endpoints", dbKey, c.endpoints)
		if c.service != "none" {
			w.Add(service)
			w.Patch("Service", dbKey, c.service)
		}
		w.settle()
		w.want(c.reason, c.want...)
	}
}

func TestMetadata(t *testing.T) {
	w := newWorld(t, service, database(sql(`"addresses":[{"ip":"10.0.0.1","hostname":"h","nodeName":"n1",
		"targetRef":{"kind":"Pod","namespace":"default","name":"p","uid":"u","resourceVersion":"7"}}]`)))
	w.settle()
	slice := w.List("EndpointSlice")[0]
	want := map[string]string{
		"metadata.generateName": "db-",
		"metadata.labels": "map[endpointslice.kubernetes.io/managed-by:endpointslicemirroring-controller.k8s.io " +
			"kubernetes.io/service-name:db team:data]",
		"metadata.annotations":     "map[note:x]",
		"metadata.ownerReferences": "[map[apiVersion:v1 blockOwnerDeletion:true controller:true kind:Endpoints name:db uid:db-1]]",
		"endpoints.0": "map[addresses:[10.0.0.1] conditions:map[ready:true] hostname:h nodeName:n1 " +
			"targetRef:map[kind:Pod name:p namespace:default resourceVersion:7 uid:u]]",
	}
	got := map[string]string{}
	for path := range want {
		got[path] = slice.Text(path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the slice (-want +got):\n%s", diff)
	}
}

func TestChanges(t *testing.T) {
	w := newWorld(t, service, database(sql(`"addresses":[{"ip":"10.0.0.1"}]`)))
	w.settle()
	since := len(w.Writes())
	const one = "IPv4 10.0.0.1 at sql:5432/TCP"
	slice := func() sdk.Key { return w.List("EndpointSlice")[0].Key() }
	for _, c := range []struct {
		reason string
		change func()
		writes string
		want   []string
	}{
		{"nothing that is mirrored", func() {
			w.Patch("Endpoints", dbKey, `{"metadata":{"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"u"}}}`)
		}, "", []string{one}},
		{"a label", func() { w.Patch("Endpoints", dbKey, `{"metadata":{"labels":{"team":null}}}`) }, "patch:1", []string{one}},
		{"an annotation", func() { w.Patch("Endpoints", dbKey, `{"metadata":{"annotations":{"note":"y"}}}`) }, "patch:1", []string{one}},
		{"an address more", func() {
			w.Patch("Endpoints", dbKey, `{"subsets":`+sql(`"addresses":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]`)+`}`)
		}, "patch:1", []string{"IPv4 10.0.0.1 10.0.0.2 at sql:5432/TCP"}},
		{"readiness", func() {
			w.Patch("Endpoints", dbKey, `{"subsets":`+sql(`"addresses":[{"ip":"10.0.0.1"}],"notReadyAddresses":[{"ip":"10.0.0.2"}]`)+`}`)
		}, "patch:1", []string{"IPv4 10.0.0.1 !10.0.0.2 at sql:5432/TCP"}},
		{"another port: the slice is used again", func() {
			w.Patch("Endpoints", dbKey, `{"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"new","port":1,"protocol":"TCP"}]}]}`)
		}, "patch:1", []string{"IPv4 10.0.0.1 at new:1/TCP"}},
		{"another family: a slice of another type", func() {
			w.Patch("Endpoints", dbKey, `{"subsets":[{"addresses":[{"ip":"2001:db8::1"}],"ports":[{"name":"new","port":1,"protocol":"TCP"}]}]}`)
		}, "create:1 delete:1", []string{"IPv6 2001:db8::1 at new:1/TCP"}},
		{"the slice was deleted: made again", func() { w.Kill("EndpointSlice", slice()) }, "create:1", []string{"IPv6 2001:db8::1 at new:1/TCP"}},
		{"the slice was changed: put right", func() { w.Patch("EndpointSlice", slice(), `{"endpoints":[]}`) }, "patch:1", []string{"IPv6 2001:db8::1 at new:1/TCP"}},
		{"a selector: cleaned up", func() { w.Patch("Service", dbKey, `{"spec":{"selector":{"app":"db"}}}`) }, "delete:1", nil},
		{"no selector again", func() { w.Patch("Service", dbKey, `{"spec":{"selector":null}}`) }, "create:1", []string{"IPv6 2001:db8::1 at new:1/TCP"}},
		{"the service is gone", func() { w.Kill("Service", dbKey) }, "delete:1", nil},
		{"the service is back", func() { w.Add(service) }, "create:1", []string{"IPv6 2001:db8::1 at new:1/TCP"}},
		{"the Endpoints are gone", func() { w.Kill("Endpoints", dbKey) }, "delete:1", nil},
	} {
		c.change()
		w.settle()
		if got := w.writes(&since); got != c.writes {
			t.Errorf("%s: writes: got %q, want %q", c.reason, got, c.writes)
		}
		w.want(c.reason, c.want...)
	}
}

// sliceOf is a slice of the service db.
func sliceOf(name, manager, owner string) string {
	return fmt.Sprintf(`{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
		"metadata": {"namespace": "default", "name": %q, "annotations": {"note": "x"},
			"labels": {"kubernetes.io/service-name": "db", "endpointslice.kubernetes.io/managed-by": %q, "team": "data"},
			"ownerReferences": [{"apiVersion": "v1", "kind": "Endpoints", "name": "db", "uid": %q, "controller": true}]},
		"addressType": "IPv4",
		"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}}],
		"ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}]
	}`, name, manager, owner)
}

func TestFound(t *testing.T) {
	for _, c := range []struct {
		reason    string
		slices    []any
		endpoints bool
		writes    string
	}{
		{"right: left alone", []any{sliceOf("a", managedBy, "db-1")}, true, ""},
		{"a second one of the same", []any{sliceOf("a", managedBy, "db-1"), sliceOf("b", managedBy, "db-1")}, true, "delete:1"},
		{"of Endpoints that were made anew: taken over", []any{sliceOf("a", managedBy, "db-0")}, true, "patch:1"},
		{"of another manager: not ours", []any{sliceOf("a", "somebody", "db-1")}, true, "create:1"},
		{"left over by Endpoints that went while nobody looked", []any{sliceOf("a", managedBy, "db-1")}, false, "delete:1"},
	} {
		w := newWorld(t, append(c.slices, service)...)
		if c.endpoints {
			w.Add(database(sql(`"addresses":[{"ip":"10.0.0.1"}]`)))
		}
		w.settle()
		since := 0
		if got := w.writes(&since); got != c.writes {
			t.Errorf("%s: writes: got %q, want %q", c.reason, got, c.writes)
		}
		for _, o := range w.List("EndpointSlice") {
			if o.Labels().Get(backend.LabelManagedBy) == managedBy && o.Text("metadata.ownerReferences.0.uid") != "db-1" {
				t.Errorf("%s: owner of the slice: got %s, want db-1", c.reason, o.Text("metadata.ownerReferences.0.uid"))
			}
		}
	}
}

func TestLimit(t *testing.T) {
	w := newWorld(t, service, database(sql(`"addresses":[{"ip":"10.0.0.1"},{"ip":"x"}],"notReadyAddresses":[{"ip":"10.0.0.2"},{"ip":"10.0.0.3"}]`)))
	if err := w.Configure(`{"maxEndpointsPerSubset":2}`); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.want("those that are ready first", "IPv4 10.0.0.1 !10.0.0.2 at sql:5432/TCP")
	var events []string
	for _, e := range w.Events() {
		events = append(events, strings.Join([]string{e.Type, e.Kind, e.Source, e.Reason, e.Message}, "|"))
	}
	want := []string{
		"Warning|Endpoints|endpoint-slice-mirroring-controller|InvalidIPAddress|Skipped 1 invalid IP addresses when mirroring to EndpointSlices",
		"Warning|Endpoints|endpoint-slice-mirroring-controller|TooManyAddressesToMirror|A max of 2 addresses can be mirrored to EndpointSlices per Endpoints subset. 1 addresses were skipped",
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := w.Configure(`{"maxEndpointsPerSubset":1001}`); err == nil {
		t.Error("maxEndpointsPerSubset 1001: got no error")
	}
}

func TestNamespaceGoing(t *testing.T) {
	w := newWorld(t, service, database(sql(`"addresses":[{"ip":"10.0.0.1"}]`)))
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpCreate {
			return &sdk.APIError{Status: abi.StatusForbidden, Causes: []string{"NamespaceTerminating"}}
		}
		return nil
	}
	w.settle()
	w.want("nothing can be created")
}

// TestForeignSlices has slices of somebody else come and go: the controller is not told
// of them, and Settle fails if anything were to be done.
func TestForeignSlices(t *testing.T) {
	w := newWorld(t, `{"kind":"EndpointSlice","metadata":{"namespace":"default","name":"x","labels":{"kubernetes.io/service-name":"web","endpointslice.kubernetes.io/managed-by":"me"}},"addressType":"IPv4"}`)
	w.settle()
	x := sdk.Key{Namespace: "default", Name: "x"}
	w.Patch("EndpointSlice", x, `{"endpoints":[{"addresses":["10.0.0.9"]}]}`)
	w.settle()
	if n := len(w.Writes()); n != 0 {
		t.Errorf("%d writes, want none", n)
	}
	w.Patch("EndpointSlice", x, `{"metadata":{"labels":{"endpointslice.kubernetes.io/managed-by":"`+managedBy+`"}}}`)
	w.settle()
	if w.Get("EndpointSlice", x) != nil {
		t.Error("a slice that became the controller's, and mirrors nothing, is left")
	}
}
