// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest_test

import (
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
	"github.com/wasm-controller-manager/wcm/sdk/testdata/widgets"
)

// TestCreateCopies: one that fails keeps none of the others from being made.
func TestCreateCopies(t *testing.T) {
	env := sdktest.New(t)
	creates := 0
	env.OnOperation = func(o sdktest.Operation) error {
		if creates++; creates == 2 {
			return &sdk.APIError{Status: abi.StatusForbidden, Message: "exceeded quota"}
		}
		return nil
	}
	part := &widgets.Part{}
	part.Namespace, part.GenerateName = "ns", "a-"
	created, errs := widgets.Parts.CreateCopies(env.Context(), 3, part)
	if len(created) != 2 || created[0].Name == created[1].Name || !strings.HasPrefix(created[0].Name, "a-") {
		t.Errorf("created %v, want two with names of their own", created)
	}
	if len(errs) != 1 || !sdk.IsForbidden(errs[0]) {
		t.Errorf("errors %v, want one that is forbidden", errs)
	}
	if got := len(env.List("Part")); got != 2 {
		t.Errorf("there are %d parts, want 2", got)
	}
	if created, errs = widgets.Parts.CreateCopies(env.Context(), 0, part); len(created)+len(errs) != 0 {
		t.Errorf("no copies: got %v and %v", created, errs)
	}
}

// TestDeleteAll: what was read is deleted only if it is still the same object.
func TestDeleteAll(t *testing.T) {
	env := sdktest.New(t, `{"kind":"Pod","metadata":{"namespace":"ns","name":"a"}}`, `{"kind":"Pod","metadata":{"namespace":"ns","name":"b"}}`,
		`{"kind":"Pod","metadata":{"namespace":"ns","name":"c"}}`)
	pods := func(name string) sdk.Key { return sdk.Key{Namespace: "ns", Name: name} }
	a, err := widgets.Pods.Get(env.Context(), pods("a"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := widgets.Pods.Get(env.Context(), pods("b"))
	if err != nil {
		t.Fatal(err)
	}
	b.UID = "of another one"
	errs := widgets.Pods.DeleteAll(env.Context(), []sdk.Target{a, b, pods("c"), pods("d")}, sdk.GracePeriod(0))
	if len(errs) != 4 || errs[0] != nil || !sdk.IsConflict(errs[1]) || errs[2] != nil || !sdk.IsNotFound(errs[3]) {
		t.Errorf("errors %v, want none, a conflict, none and not found", errs)
	}
	if left := env.List("Pod"); len(left) != 1 || left[0].Key() != pods("b") {
		t.Errorf("left are %v, want b", left)
	}
}
