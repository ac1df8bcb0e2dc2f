// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
	"github.com/wasm-controller-manager/wcm/sdk/testdata/widgets"
)

var lamps = sdk.APIResource{Group: "light.example.com", Version: "v1", Resource: "lamps", Kind: "Lamp", Namespaced: true, Verbs: []string{"delete", "get", "list"}, Preferred: true}

func TestDiscover(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(lamps)
	env.Undiscovered = []string{"metrics.k8s.io/v1beta1"}
	got, err := sdk.Discover(env.Context(), sdk.Live())
	if err != nil {
		t.Fatal(err)
	}
	want := &sdk.Discovery{Resources: []sdk.APIResource{lamps}, Failed: env.Undiscovered}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Discover (-want +got):\n%s", diff)
	}
	if r := got.Resources[0]; r.APIVersion() != "light.example.com/v1" || !r.Can("get", "list") || r.Can("get", "watch") {
		t.Errorf("%+v: APIVersion is %s", r, r.APIVersion())
	}
}

func TestAny(t *testing.T) {
	env := sdktest.New(t)
	env.Serve(lamps)
	ctx, of := env.Context(), widgets.Things.Of(lamps)
	for _, name := range []string{"a", "b", "c"} {
		env.Add(`{"kind":"Lamp","metadata":{"namespace":"ns","name":"` + name + `","labels":{"room":"hall"}},"spec":{"on":true}}`)
	}
	a, err := of.Get(ctx, key)
	if err != nil || a.Labels.Get("room") != "hall" {
		t.Fatalf("Get = %+v, %v", a, err)
	}
	all, err := of.List(ctx, sdk.InNamespace("ns"), sdk.PageSize(2))
	if err != nil || len(all) != 3 {
		t.Errorf("List in pages has %d objects, %v; want 3", len(all), err)
	}
	patched, err := of.Patch(ctx, a, sdk.MergePatch(map[string]any{"metadata": map[string]any{"labels": map[string]any{"room": "bath"}}}), sdk.Unchanged(a))
	if err != nil || patched.Labels.Get("room") != "bath" {
		t.Errorf("Patch = %+v, %v", patched, err)
	}
	for _, test := range []struct {
		reason string
		err    error
		want   abi.Status
	}{
		{"a version that is not the object's any more", of.Delete(ctx, a, sdk.Unchanged(a)), abi.StatusConflict},
		{"another uid", of.Delete(ctx, a, sdk.PreconditionUID("other")), abi.StatusConflict},
		{"the object's", of.Delete(ctx, a, sdk.PreconditionUID(a.UID), sdk.Unchanged(patched)), abi.StatusOK},
		{"what is not declared", create(ctx, of), abi.StatusDenied},
		{"what is not served", widgets.Things.Of(sdk.APIResource{Version: "v1", Resource: "lamps"}).Delete(ctx, key), abi.StatusNotFound},
		{"no target", widgets.Things.Of(sdk.APIResource{}).Delete(ctx, key), abi.StatusBadRequest},
		{"the rest", of.DeleteCollection(ctx, "ns"), abi.StatusOK},
	} {
		if sdk.StatusOf(test.err) != test.want {
			t.Errorf("%s: got %v, want %s", test.reason, test.err, test.want)
		}
	}
	if left := env.List("Lamp"); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
	of.Event(ctx, a, sdk.Warning, "Odd", "flickers")
	if events := env.Events(); len(events) != 1 || events[0].Kind != "Lamp" {
		t.Errorf("events: %+v, want one of the Lamp", events)
	}
}

func create(ctx context.Context, r *sdk.Resource[sdk.Metadata]) error {
	_, err := r.Create(ctx, map[string]any{}, sdk.InNamespace("ns"), sdk.Named("new"))
	return err
}
