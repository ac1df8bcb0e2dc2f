// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// goGuest builds the plugin of the SDK's own tests with the standard toolchain.
func goGuest(t testing.TB) []byte {
	t.Helper()
	return build(t, "../../sdk/testdata/replicas/guest")
}

// build builds a plugin with the standard toolchain.
func build(t testing.TB, dir string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a guest with the Go toolchain")
	}
	file := filepath.Join(t.TempDir(), "guest.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file, dir)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// missing is an operator for which no object exists.
var missing = operator{
	enabled: func(abi.Level) bool { return false },
	operate: func(_ context.Context, _ abi.Operation, _, buffer []byte) (abi.Status, []byte) {
		e := abi.Error{Message: "not found", Reason: "NotFound"}
		return abi.StatusNotFound, e.Append(buffer)
	},
}

// TestGoGuest describes, configures and runs a plugin as an author builds it,
// and then reconciles 100,000 times: memory does not grow with it.
func TestGoGuest(t *testing.T) {
	ctx := t.Context()
	m := compile(t, open(t), goGuest(t))
	d, err := guest.Describe(ctx, m, guest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "replicas" || len(d.Controllers) != 1 {
		t.Errorf("Describe = %+v, want the plugin replicas with one controller", d)
	}
	i := instantiate(t, m, guest.Options{Plugin: "replicas", Operator: missing})
	// Two fields, optional: the first present, 10 in zigzag, the second absent.
	if err := i.Configure(ctx, abi.Configuration{Plugin: "replicas", Settings: []byte{1, 20, 0}}); err != nil {
		t.Fatal(err)
	}
	start := i.MemoryBytes()
	for n := range 100_000 {
		o, err := i.Reconcile(ctx, abi.Request{Namespace: "default", Name: "a", ID: "1"})
		if err != nil || o != (abi.Outcome{}) {
			t.Fatalf("reconcile %d = %+v, %v, want done", n, o, err)
		}
		if err := i.Collect(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if end := i.MemoryBytes(); end > start+12<<20 {
		t.Errorf("memory grew from %d to %d KiB", start>>10, end>>10)
	}
}

// TestReconcileKeepsMemory is the same without a collector, and with results
// that are taken: the host leaves nothing behind in the guest or in itself.
func TestReconcileKeepsMemory(t *testing.T) {
	long := abi.Outcome{Message: string(make([]byte, 1000))}
	i := instantiate(t, load(t, "operates"), guest.Options{Operator: answer(abi.StatusOK, long.Append(nil))})
	start := i.MemoryBytes()
	for range 100_000 {
		if _, err := i.Reconcile(t.Context(), abi.Request{Name: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if end := i.MemoryBytes(); end != start {
		t.Errorf("memory grew from %d to %d bytes", start, end)
	}
}
