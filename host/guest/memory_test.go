// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// TestMemoryLimit: a guest that wants more is told so by memory.grow, and what
// it got is zero and its own.
func TestMemoryLimit(t *testing.T) {
	m := load(t, "greedy")
	for _, c := range []struct {
		reason      string
		limit, want uint64
	}{
		{"the default", 0, 256 << 20},
		{"a whole number of pages", 10 << 20, 10 << 20},
		{"the last page is not whole", 10<<20 + 65535, 10 << 20},
		{"what it declares and no more", 3 << 16, 3 << 16},
	} {
		i := instantiate(t, m, guest.Options{MemoryLimit: c.limit})
		for range 2 {
			if err := reconcile("a")(t.Context(), i); err != nil {
				t.Errorf("%s: %v", c.reason, err)
			}
		}
		if got := i.MemoryBytes(); got != c.want {
			t.Errorf("%s: memory of %d bytes with a limit of %d, want %d", c.reason, got, c.limit, c.want)
		}
	}
}

func TestMemoryDeclared(t *testing.T) {
	m := load(t, "vast")
	_, err := guest.New(t.Context(), m, guest.Options{Plugin: "p"})
	if want := "plugin p: declares a memory of 269484032 bytes, the limit is 268435456"; err == nil || err.Error() != want {
		t.Errorf("New: %v, want %s", err, want)
	}
	_, err = guest.Describe(t.Context(), m, guest.Options{})
	if want := "declares a memory of 269484032 bytes, the limit is 268435456"; err == nil || err.Error() != want {
		t.Errorf("Describe: %v, want %s", err, want)
	}
	instantiate(t, m, guest.Options{MemoryLimit: 257 << 20})
}

// TestCloseDuringCall: closing an instance under its own feet would take the
// process down.
func TestCloseDuringCall(t *testing.T) {
	var i *guest.Instance
	var closed, called error
	i = instantiate(t, load(t, "operates"), guest.Options{Operator: operator{
		operate: func(ctx context.Context, _ abi.Operation, _, buffer []byte) (abi.Status, []byte) {
			closed, called = i.Close(ctx), reconcile("b")(ctx, i)
			return abi.StatusOK, buffer
		}}})
	if err := reconcile("a")(t.Context(), i); err != nil || i.Dead() {
		t.Errorf("Reconcile: %v, dead %v", err, i.Dead())
	}
	if !errors.Is(closed, guest.ErrBusy) || !errors.Is(called, guest.ErrBusy) {
		t.Errorf("during a call Close gave %v and Reconcile %v, want %v", closed, called, guest.ErrBusy)
	}
	if err := reconcile("a")(t.Context(), i); err != nil {
		t.Errorf("the next Reconcile: %v", err)
	}
}

// TestExitKeepsMemory: a guest that exits in the middle of a call must not
// lose its memory before the call is over, however wazero sees it.
func TestExitKeepsMemory(t *testing.T) {
	i := instantiate(t, load(t, "exits"), guest.Options{Plugin: "p"})
	if err := reconcile("a")(t.Context(), i); err == nil {
		t.Fatal("the guest did not exit")
	}
	if got := i.MemoryBytes(); got != 3<<16 {
		t.Errorf("the memory of the dead instance has %d bytes, want %d until it is closed", got, 3<<16)
	}
}

// TestSentRequests: the body of a request may be read after its operation was
// given up, when the guest has overwritten it, and when its memory is gone.
func TestSentRequests(t *testing.T) {
	var sent []byte
	i := instantiate(t, load(t, "creates"), guest.Options{Operator: operator{
		operate: func(_ context.Context, _ abi.Operation, request, buffer []byte) (abi.Status, []byte) {
			sent = request
			return abi.StatusCanceled, buffer
		}}})
	r := abi.Request{Namespace: "a", Name: "b"}
	if _, err := i.Reconcile(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := i.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := r.Append(nil); !bytes.Equal(sent, want) {
		t.Errorf("the request is %q after the instance is closed, want %q", sent, want)
	}
}
