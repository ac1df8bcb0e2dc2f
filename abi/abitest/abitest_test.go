// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abitest

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// start makes an instance in the host of this package.
func start(t *testing.T, wasm []byte, op abi.Operator) *host {
	t.Helper()
	h, err := newHost(t.Context(), wasm, op)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if err := h.instantiate(t.Context(), io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	return h
}

// The two sides of this package keep the contract.

func TestRunHost(t *testing.T) {
	RunHost(t, func(t *testing.T, wasm []byte, op abi.Operator) Reconciler { return start(t, wasm, op) })
}

func TestRun(t *testing.T) { Run(t, scriptGuest) }

// What follows shows that the kit finds what it is for.

func TestExportProblems(t *testing.T) {
	h, err := newHost(t.Context(), []byte("\x00asm\x01\x00\x00\x00"), &recorder{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.close(context.WithoutCancel(t.Context())) }()
	want := []string{
		"no export wcm_abi_v1", "no export wcm_alloc", "no export wcm_describe", "no export wcm_reconcile",
		"no exported memory memory",
	}
	if diff := cmp.Diff(want, exportProblems(h.compiled)); diff != "" {
		t.Errorf("problems of an empty module: -want +got\n%s", diff)
	}
}

func TestImportProblems(t *testing.T) {
	// (import "env" "f" (func)) (import "wcm_v1" "get" (func)) (import "wcm_v1" "steal" (func))
	h, err := newHost(t.Context(), []byte("\x00asm\x01\x00\x00\x00"+"\x01\x04\x01\x60\x00\x00"+
		"\x02\x25\x03\x03env\x01f\x00\x00\x06wcm_v1\x03get\x00\x00\x06wcm_v1\x05steal\x00\x00"), &recorder{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.close(context.WithoutCancel(t.Context())) }()
	want := []string{
		"import env.f: no host has it",
		"import wcm_v1.get is () -> (), want (i32, i32, i32, i32) -> (i64)",
		"import wcm_v1.steal: no host has it",
	}
	if diff := cmp.Diff(want, importProblems(h.compiled)); diff != "" {
		t.Errorf("problems of imports: -want +got\n%s", diff)
	}
}

func TestDescriptionProblems(t *testing.T) {
	shape, err := record.ParseShape("{b int,a int}")
	if err != nil {
		t.Fatal(err)
	}
	d := &abi.Description{
		Settings:  &record.Shape{Kind: record.Int},
		Resources: []abi.Resource{{Version: "v1", Resource: "pods", Projection: &shape, ProjectionHash: 1}},
		Controllers: []abi.Controller{
			{Name: "c", Watches: []abi.Watch{{Resource: 7, Mapping: abi.MapOwns}}},
			{Name: "s", Singleton: true, Watches: []abi.Watch{{Mapping: abi.MapFor}, {Mapping: abi.MapAll}, {Mapping: abi.MapSingleton}}},
		},
	}
	want := strings.Join([]string{
		`name is "" and there are 2 controllers, want a name and one at least`,
		"settings: shape: must be a struct that is not optional",
		"resource v1/pods: projection: shape: field a: not in canonical order",
		"resource v1/pods: projection_hash 0x1, want 0x4164993ec9886a56 for {b int,a int}",
		"controller c: watch 0: resource 7, there are 1",
		"controller c has 0 watches of mapping for, want one",
		"controller s: watch 1: mapping all, singleton is true",
		"controller s is a singleton and has 1 watches of mapping for, want none",
	}, "\n")
	if diff := cmp.Diff(want, strings.Join(descriptionProblems(d), "\n")); diff != "" {
		t.Errorf("problems of a description: -want +got\n%s", diff)
	}
}

func TestRecorderProblems(t *testing.T) {
	r := &recorder{description: &abi.Description{}}
	h := start(t, scriptGuest, r)
	commands := run(operate(abi.OpLog, canvasAt, 3), operate(abi.OpGet, 0x500, 2), operate(abi.OpCreate, canvasAt, 3))
	if _, err := h.Reconcile(t.Context(), abi.Request{Name: "x", ID: string(commands)}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"log: malformed Log: field #0: the message ends inside the field",
		"get: field resource: index 2, the description has 0",
		"create: malformed WriteRequest: field #0: the message ends inside the field",
	}
	if diff := cmp.Diff(want, r.problems); diff != "" {
		t.Errorf("problems of operations: -want +got\n%s", diff)
	}
}

func TestUnwantedOperations(t *testing.T) {
	shape := record.Shape{Kind: record.Struct}
	r := &recorder{description: &abi.Description{Sign: []string{"own"}, Resources: []abi.Resource{
		{Version: "v1", Resource: "pods", Projection: &shape, Writes: []string{"status/patch"}, Reads: []string{"log/get"}},
		{Version: "v1", Resource: "secrets", Writes: []string{"deletecollection"}},
	}}}
	for _, o := range []struct {
		op abi.Operation
		m  interface{ Append([]byte) []byte }
	}{
		{abi.OpGet, &abi.GetRequest{}}, {abi.OpList, &abi.ListRequest{}}, {abi.OpGet, &abi.GetRequest{Subresource: "log"}},
		{abi.OpPatch, &abi.WriteRequest{Subresource: "status"}}, {abi.OpApply, &abi.WriteRequest{Subresource: "status"}},
		{abi.OpDeleteCollection, &abi.WriteRequest{Resource: 1}}, {abi.OpSign, &abi.SignRequest{Key: "own"}},
		// And these are not wanted.
		{abi.OpGet, &abi.GetRequest{Subresource: "scale"}}, {abi.OpApply, &abi.WriteRequest{}},
		{abi.OpGet, &abi.GetRequest{Resource: 1}}, {abi.OpList, &abi.ListRequest{Resource: 1}},
		{abi.OpDelete, &abi.WriteRequest{Resource: 1}},
		{abi.OpHTTP, &abi.HTTPRequest{}}, {abi.OpSign, &abi.SignRequest{Key: "other"}},
		{abi.OpBatch, &abi.BatchRequest{Operation: "deletecollection"}},
		{abi.OpBatch, &abi.BatchRequest{Operation: "delete_collection", Writes: []abi.WriteRequest{{Resource: 1}, {}}}},
		{abi.OpBatch, &abi.BatchRequest{Operation: "patch", Writes: make([]abi.WriteRequest, 1), Copies: 1001}},
	} {
		r.Operate(t.Context(), o.op, o.m.Append(nil), nil)
	}
	want := []string{
		`get: the description does not ask for "scale/get" of v1/pods`,
		`apply: the description does not ask for "patch" of v1/pods`,
		`get: the description does not ask for "get" of v1/secrets`,
		`list: the description does not ask for "list" of v1/secrets`,
		`delete: the description does not ask for "delete" of v1/secrets`,
		`http: the description asks for no server`,
		`sign: the description does not ask for the key "other"`,
		`batch: 1 times 0 writes "deletecollection", expected a write, and at most 1000 of them`,
		`delete_collection: the description does not ask for "deletecollection" of v1/pods`,
		`batch: 1001 times 1 writes "patch", expected a write, and at most 1000 of them`,
	}
	if diff := cmp.Diff(want, r.problems); diff != "" {
		t.Errorf("problems of operations: -want +got\n%s", diff)
	}
}

func TestGrows(t *testing.T) {
	k := &kit{host: start(t, scriptGuest, &recorder{})}
	err := k.grows(t.Context(), 100, func(int) abi.Request { return abi.Request{Name: "x", ID: growBy(1)} })
	const want = "the memory grew from 3538944 bytes after 50 calls to 6815744 bytes after 100"
	if err == nil || err.Error() != want {
		t.Errorf("a guest that grows by a page in each call: %v, want %s", err, want)
	}
}
