// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest_test

import (
	"slices"
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

// TestSlowStart: the batches double, and a loop that ends sees to it that there
// are no more.
func TestSlowStart(t *testing.T) {
	part := &widgets.Part{}
	part.Namespace, part.GenerateName = "ns", "a-"
	for _, tt := range []struct {
		n     int
		stop  int // after so many batches
		sizes []int
	}{
		{0, 9, nil},
		{1, 9, []int{1}},
		{5, 9, []int{1, 2, 2}},
		{500, 9, []int{1, 2, 4, 8, 16, 32, 64, 128, 245}},
		{500, 3, []int{1, 2, 4}},
	} {
		env := sdktest.New(t)
		var sizes []int
		made := 0
		for created, errs := range widgets.Parts.SlowStart(env.Context(), tt.n, part) {
			sizes = append(sizes, len(created))
			made += len(created)
			if len(errs) > 0 {
				t.Errorf("%d parts: errors %v", tt.n, errs)
			}
			if len(sizes) == tt.stop {
				break
			}
		}
		if !slices.Equal(sizes, tt.sizes) {
			t.Errorf("%d parts came in batches of %v, want %v", tt.n, sizes, tt.sizes)
		}
		if there := len(env.List("Part")); there != made {
			t.Errorf("of %d parts there are %d, want the %d of the batches", tt.n, there, made)
		}
	}
}

// TestSlowStartRefused: an object that cannot be encoded is one error, and no request.
func TestSlowStartRefused(t *testing.T) {
	env := sdktest.New(t)
	for created, errs := range widgets.Parts.SlowStart(env.Context(), 3, func() {}) {
		if len(created) > 0 || len(errs) != 1 || sdk.StatusOf(errs[0]) != abi.StatusBadRequest {
			t.Errorf("got %v and the errors %v, want one that is a bad request", created, errs)
		}
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
