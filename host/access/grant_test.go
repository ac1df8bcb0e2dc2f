// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

// The resources of the operator's description.
const (
	configMaps = iota
	secrets
	neverUsed
)

// inN grants config maps of the namespace n and one secret there.
var inN = grant.Grants{Resources: []grant.Resource{
	{Groups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"get", "list", "watch", "patch", "delete", "deletecollection"}, Namespaces: []string{"n"}},
	{Groups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"create"}, Namespaces: []string{"n"}, NamePrefixes: []string{"web-"}},
	{Groups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "update"}, Namespaces: []string{"n"}, Names: []string{"a"}},
}}

// TestGrants: what is not granted reaches nobody.
func TestGrants(t *testing.T) {
	body := func(metadata string) []byte { return []byte(`{"metadata":` + metadata + `}`) }
	notFound := apierrors.NewNotFound(resource("secrets"), "a")
	tests := []struct {
		reason string
		op     abi.Operation
		m      message
		world  world
		status abi.Status
		want   string // a part of the result
		passed string // what reached the API server or the events
	}{
		// Reads.
		{reason: "a cached object", op: abi.OpGet, m: &abi.GetRequest{Namespace: "n", Name: "a"},
			world: world{objects: map[string]string{"n/a": configMap}}, want: `"k":"v"`},
		{reason: "a cached object of another namespace", op: abi.OpGet, m: &abi.GetRequest{Namespace: "kube-system", Name: "a"},
			world: world{objects: map[string]string{"kube-system/a": configMap}}, status: abi.StatusDenied,
			want: `denied: plugin "p" may not get configmaps "a" in namespace "kube-system": grant missing: {groups: [""], resources: ["configmaps"], verbs: ["get"], namespaces: ["kube-system"]}`},
		{reason: "a cached list of another namespace", op: abi.OpList, m: &abi.ListRequest{Namespace: "kube-system"},
			status: abi.StatusDenied, want: `list configmaps in namespace "kube-system"`},
		{reason: "a cached list of all namespaces, whose view is limited", op: abi.OpList, m: &abi.ListRequest{},
			world: world{objects: map[string]string{"n/a": configMap}}, want: "\x01k\x01v"},
		{reason: "a live object", op: abi.OpGet, m: &abi.GetRequest{Resource: secrets, Namespace: "n", Name: "a", Live: true},
			world: world{answer: secret}, want: secret, passed: "get secrets n a "},
		{reason: "a live object of another name", op: abi.OpGet, m: &abi.GetRequest{Resource: secrets, Namespace: "n", Name: "b", Live: true},
			status: abi.StatusDenied, want: `verbs: ["get"], namespaces: ["n"], names: ["b"]}`},
		{reason: "a live object of a resource that is only named", op: abi.OpGet, m: &abi.GetRequest{Resource: neverUsed, Namespace: "n", Name: "a", Live: true},
			status: abi.StatusDenied, want: `the module does not ask for it: reads of v1/pods lack "get"`},
		{reason: "a subresource that the rule does not name", op: abi.OpGet, m: &abi.GetRequest{Namespace: "n", Name: "a", Subresource: "scale"},
			status: abi.StatusDenied, want: `resources: ["configmaps/scale"]`},
		{reason: "a subresource that is not wanted", op: abi.OpGet, m: &abi.GetRequest{Namespace: "n", Name: "a", Subresource: "exec"},
			status: abi.StatusDenied, want: `the module does not ask for it: reads of v1/configmaps lack "exec/get"`},
		{reason: "a live list of another namespace", op: abi.OpList, m: &abi.ListRequest{Resource: secrets, Namespace: "m", Live: true},
			status: abi.StatusDenied, want: `list secrets in namespace "m"`},
		// Writes.
		{reason: "a patch", op: abi.OpPatch, m: &abi.WriteRequest{Namespace: "n", Name: "a"},
			world: world{answer: configMap}, want: `"k":"v"`, passed: "patch n/a"},
		{reason: "a patch in another namespace", op: abi.OpPatch, m: &abi.WriteRequest{Namespace: "kube-system", Name: "a"},
			status: abi.StatusDenied, want: `patch configmaps "a" in namespace "kube-system"`},
		{reason: "a subresource for the resource", op: abi.OpPatch, m: &abi.WriteRequest{Namespace: "n", Name: "a", Subresource: "status"},
			status: abi.StatusDenied, want: `resources: ["configmaps/status"]`},
		{reason: "a create", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Body: body(`{"name":"web-1"}`)},
			world: world{answer: configMap}, want: `"k":"v"`, passed: `create n/web-1 {"metadata":{"name":"web-1"}}`},
		{reason: "a create whose name stands in the request", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Name: "web-1"},
			world: world{answer: configMap}, want: `"k":"v"`, passed: `create n/web-1 {"metadata":{"name":"web-1"}}`},
		{reason: "a create of another name", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Body: body(`{"name":"db"}`)},
			status: abi.StatusDenied, want: `verbs: ["create"], namespaces: ["n"], names: ["db"]}`},
		{reason: "a create with two names", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Name: "web-1", Body: body(`{"name":"db"}`)},
			status: abi.StatusBadRequest, want: `the body names "db" and the request "web-1"`},
		{reason: "a body with two names", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Body: []byte(`{"metadata":{"name":"db"},"metadata":{"name":"web-1"}}`)},
			world: world{answer: configMap}, want: `"k":"v"`, passed: `create n/web-1 {"metadata":{"name":"web-1"}}`},
		{reason: "a body with a name that only some readers see", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Body: []byte(`{"metadata":{"name":"db"},"Metadata":{"name":"web-1"}}`)},
			status: abi.StatusDenied, want: `create configmaps "db"`},
		{reason: "a generated name", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Body: body(`{"generateName":"web-"}`)},
			world: world{answer: configMap}, want: `"k":"v"`, passed: `create n/ {"metadata":{"generateName":"web-"}}`},
		{reason: "another generated name", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Body: body(`{"generateName":"w"}`)},
			status: abi.StatusDenied, want: `namePrefixes: ["w"]`},
		{reason: "a name that is generated only if nobody looks", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Body: body(`{"generateName":"web-","name":"db"}`)},
			status: abi.StatusDenied, want: `names: ["db"]`},
		{reason: "a name that leads elsewhere", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Body: body(`{"name":"web-/../x"}`)},
			status: abi.StatusBadRequest, want: "has a character that means something in a URL"},
		{reason: "a create without a name", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n"},
			status: abi.StatusDenied, want: `create configmaps in namespace "n"`},
		{reason: "a delete of all, which is granted", op: abi.OpDeleteCollection, m: &abi.WriteRequest{Namespace: "n"}, passed: "delete_collection n/"},
		{reason: "a delete of all in all namespaces", op: abi.OpDeleteCollection, m: &abi.WriteRequest{},
			status: abi.StatusDenied, want: `deletecollection configmaps: grant missing`},
		{reason: "a collection with a subresource, which no URL has", op: abi.OpDeleteCollection, m: &abi.WriteRequest{Namespace: "n", Subresource: "status"},
			status: abi.StatusBadRequest, want: "neither a name nor a subresource"},
		{reason: "a collection with a name", op: abi.OpDeleteCollection, m: &abi.WriteRequest{Namespace: "n", Name: "a"},
			status: abi.StatusBadRequest, want: "neither a name nor a subresource"},
		{reason: "a subresource of no object", op: abi.OpCreate, m: &abi.WriteRequest{Namespace: "n", Subresource: "binding"},
			status: abi.StatusBadRequest, want: "the name is empty"},
		// Apply and update, which can create.
		{reason: "an apply of what is there", op: abi.OpApply, m: &abi.WriteRequest{Namespace: "n", Name: "a"},
			world: world{objects: map[string]string{"n/a": configMap}, answer: configMap}, want: `"k":"v"`, passed: "apply n/a uid u"},
		{reason: "an apply of what only the API server has", op: abi.OpApply, m: &abi.WriteRequest{Namespace: "n", Name: "a"},
			world: world{answer: configMap}, want: `"k":"v"`, passed: "get configmaps n a ,apply n/a uid u"},
		{reason: "an apply that may create", op: abi.OpApply, m: &abi.WriteRequest{Namespace: "n", Name: "web-2"},
			world: world{answer: configMap}, want: `"k":"v"`, passed: "apply n/web-2"},
		{reason: "an apply that would create", op: abi.OpApply, m: &abi.WriteRequest{Namespace: "n", Name: "a"},
			world: world{fail: notFound}, status: abi.StatusDenied, want: `verbs: ["create"], namespaces: ["n"], names: ["a"]}`, passed: "get configmaps n a "},
		{reason: "an update that would create", op: abi.OpUpdate, m: &abi.WriteRequest{Resource: secrets, Namespace: "n", Name: "a"},
			world: world{fail: notFound}, status: abi.StatusDenied, want: `the module does not ask for it: writes of v1/secrets lack "create"`, passed: "get secrets n a "},
		{reason: "an apply that says which object it means", op: abi.OpApply, m: &abi.WriteRequest{Namespace: "n", Name: "a", UID: "x"},
			world: world{answer: configMap}, want: `"k":"v"`, passed: "apply n/a uid x"},
		// Field managers.
		{reason: "a part of itself as field manager", op: abi.OpPatch, m: &abi.WriteRequest{Namespace: "n", Name: "a", FieldManager: "p/labels"},
			world: world{answer: configMap}, want: `"k":"v"`, passed: "patch n/a by p/labels"},
		{reason: "another plugin's field manager", op: abi.OpPatch, m: &abi.WriteRequest{Namespace: "n", Name: "a", FieldManager: "other"},
			status: abi.StatusDenied, want: `write as field manager "other"`},
		// Names that are paths.
		{reason: "a get of a path", op: abi.OpGet, m: &abi.GetRequest{Resource: secrets, Namespace: "n", Name: "../../kube-system/secrets/x", Live: true},
			status: abi.StatusBadRequest, want: "get v1/secrets: name"},
		{reason: "a cached get of a path", op: abi.OpGet, m: &abi.GetRequest{Namespace: "n/..", Name: "a"},
			status: abi.StatusBadRequest, want: "get v1/configmaps: namespace"},
		{reason: "a list of a path", op: abi.OpList, m: &abi.ListRequest{Resource: secrets, Namespace: "n/secrets/..", Live: true},
			status: abi.StatusBadRequest, want: "list v1/secrets: namespace"},
		{reason: "a write to a path", op: abi.OpPatch, m: &abi.WriteRequest{Namespace: "n", Name: "a/../../secrets/x"},
			status: abi.StatusBadRequest, want: "patch of v1/configmaps: name"},
		{reason: "a subresource that is a path", op: abi.OpPatch, m: &abi.WriteRequest{Namespace: "n", Name: "a", Subresource: "../b"},
			status: abi.StatusBadRequest, want: "subresource"},
		{reason: "an event in a path", op: abi.OpEvent, m: &abi.Event{Namespace: "../n", Name: "a", Reason: "X"},
			status: abi.StatusBadRequest, want: "event: namespace"},
		// Events.
		{reason: "an event about an object that it patches", op: abi.OpEvent, m: &abi.Event{Namespace: "n", Name: "a", Reason: "X"}, passed: "event n/a"},
		{reason: "an event about an object of another namespace", op: abi.OpEvent, m: &abi.Event{Namespace: "kube-system", Name: "a", Reason: "X"},
			status: abi.StatusDenied, want: "it may neither read nor write the object"},
		{reason: "an event about a resource that is only named", op: abi.OpEvent, m: &abi.Event{Resource: neverUsed, Namespace: "n", Name: "a", Reason: "X"},
			status: abi.StatusDenied, want: `report events about pods "a"`},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			test.world.grants = &inN
			status, text := test.world.operate(t, test.op, test.m)
			if status != test.status || !strings.Contains(text, test.want) {
				t.Errorf("%s %+v:\n got %s %q,\nwant %s %q", test.op, test.m, status, text, test.status, test.want)
			}
			if passed := test.world.passed(test.op); passed != test.passed {
				t.Errorf("%s %+v: got %q past the operator, want %q", test.op, test.m, passed, test.passed)
			}
		})
	}
}

// passed words what an operation did beyond the operator.
func (w *world) passed(op abi.Operation) string {
	passed := w.asked
	for _, sent := range w.sent {
		text := op.String() + " " + sent.Namespace + "/" + sent.Name
		if op == abi.OpCreate {
			text += " " + string(sent.Body)
		}
		if sent.UID != "" {
			text += " uid " + sent.UID
		}
		if sent.FieldManager != "p" {
			text += " by " + sent.FieldManager
		}
		passed = append(passed, text)
	}
	for _, e := range w.events {
		passed = append(passed, "event "+e.Namespace+"/"+e.Name)
	}
	return strings.Join(passed, ",")
}

// TestListLiveShowsWhatIsGranted lists objects of which one is granted, and one
// that pretends to be.
func TestListLiveShowsWhatIsGranted(t *testing.T) {
	other := strings.ReplaceAll(secret, `"a"`, `"b"`)
	elsewhere := strings.ReplaceAll(secret, `"n"`, `"m"`)
	pretender := strings.Replace(other, `{`, `{"Metadata":{"namespace":"n","name":"a"},`, 1)
	for _, namespace := range []string{"", "n"} {
		w := world{grants: &inN, answer: `{"items":[` + strings.Join([]string{other, secret, elsewhere, pretender}, ",") + `]}`}
		status, result := w.operator().Operate(t.Context(), abi.OpList, (&abi.ListRequest{Resource: secrets, Namespace: namespace, Live: true}).Append(nil), nil)
		var list abi.ListResult
		if err := list.Decode(result); status != abi.StatusOK || err != nil || len(list.Items) != 1 || string(list.Items[0]) != secret {
			t.Errorf("live list in %q: got %s, items %s, error %v; want the one secret that is granted", namespace, status, list.Items, err)
		}
	}
}

// TestDenialsAreLoggedSeldom repeats denials: one line a minute for each
// operation on each resource, with the number of those before it.
func TestDenialsAreLoggedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world{grants: &inN}
		o := w.operator()
		deny := func(op abi.Operation, m message, times int) {
			for range times {
				if status, _ := o.Operate(t.Context(), op, m.Append(nil), nil); status != abi.StatusDenied {
					t.Fatalf("%s: got %s, want denied", op, status)
				}
			}
		}
		lines := func(want ...string) {
			t.Helper()
			text := w.log.String()
			w.log.Reset()
			if strings.Count(text, "Operation denied") != len(want) {
				t.Fatalf("log:\n%s\nwant %d lines with %q", text, len(want), want)
			}
			for _, part := range want {
				if !strings.Contains(text, part) {
					t.Errorf("log:\n%s\nwant a line with %q", text, part)
				}
			}
		}
		patch := &abi.WriteRequest{Namespace: "m", Name: "a"}
		deny(abi.OpPatch, patch, 3)
		deny(abi.OpPatch, &abi.WriteRequest{Namespace: "m", Name: "b"}, 2)
		deny(abi.OpDelete, patch, 1)
		lines("operation=patch", "operation=delete")
		time.Sleep(59 * time.Second)
		deny(abi.OpPatch, patch, 1)
		lines()
		time.Sleep(time.Second)
		deny(abi.OpPatch, patch, 2)
		lines("before=5")
	})
}
