// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abitest

import (
	"context"
	"fmt"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

// request asks the n-th controller, counted round and round, for an object.
func (k *kit) request(n int) abi.Request {
	controllers := len(k.recorder.description.Controllers)
	return abi.Request{Controller: uint32(n % controllers), Namespace: "default", Name: "abitest", ID: "abitest"}
}

func (k *kit) reconcileMissing(t *testing.T) {
	for n := range k.recorder.description.Controllers {
		if _, err := k.Reconcile(t.Context(), k.request(n)); err != nil {
			t.Fatalf("controller %d: %v", n, err)
		}
	}
}

// reconcileGarbage passes what a host that is newer or broken might: the
// answer is a failure, not a trap.
func (k *kit) reconcileGarbage(t *testing.T) {
	unknown := k.request(0)
	unknown.Controller = 1 << 20
	for name, parameter := range map[string][]byte{
		"a controller that is not described": unknown.Append(nil),
		"a name that is not UTF-8":           []byte("\x1a\x01\xff"),
		"a message that is cut off":          []byte("\x1a\x05"),
	} {
		var outcome abi.Outcome
		if err := k.exchange(t.Context(), abi.ExportReconcile, parameter, &outcome); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if outcome.Verdict == abi.VerdictDone {
			t.Errorf("%s: the verdict is %s, want a failure", name, outcome.Verdict)
		}
	}
}

// reconcileLarge lets every object exist and be larger than any buffer.
func (k *kit) reconcileLarge(t *testing.T) {
	k.recorder.size = largeSize
	defer func() { k.recorder.size = 0 }()
	for n := range k.recorder.description.Controllers {
		if _, err := k.Reconcile(t.Context(), k.request(n)); err != nil {
			t.Fatalf("controller %d: %v", n, err)
		}
	}
	switch {
	case k.oversized == 0:
		t.Log("no controller called an operation with a result")
	case k.taken == 0:
		t.Errorf("%d results were larger than the guest's buffer, and it took none of them", k.oversized)
	}
}

// calls is how many reconciles show whether memory is lost. A host lets the
// guest collect now and then; here it is after so many calls.
const (
	calls        = 100_000
	callsPerGC   = 1_000
	callsInShort = calls / 10
)

func (k *kit) memory(t *testing.T) {
	n := calls
	if testing.Short() {
		n = callsInShort
	}
	if err := k.grows(t.Context(), n, k.request); err != nil {
		t.Error(err)
	}
}

// grows makes n calls and returns an error if the second half of them needs
// more memory than the first.
func (k *kit) grows(ctx context.Context, n int, request func(n int) abi.Request) error {
	half := uint32(0)
	for i := range n {
		if i == n/2 {
			half = k.guest.Memory().Size()
		}
		if _, err := k.Reconcile(ctx, request(i)); err != nil {
			return fmt.Errorf("call %d: %w", i, err)
		}
		if gc := k.exports[abi.ExportGC]; gc != nil && i%callsPerGC == callsPerGC-1 {
			if _, err := gc.Call(ctx); err != nil {
				return fmt.Errorf("%s: %w", abi.ExportGC, err)
			}
		}
	}
	if size := k.guest.Memory().Size(); size > half {
		return fmt.Errorf("the memory grew from %d bytes after %d calls to %d bytes after %d", half, n/2, size, n)
	}
	return nil
}
