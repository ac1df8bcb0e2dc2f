// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// TestMemoryLeaves makes many instances of all fates: what each reserved,
// 256 MiB of addresses, is given back, also by those that were never made.
func TestMemoryLeaves(t *testing.T) {
	c := open(t)
	modules := map[string]*module.Module{}
	for _, fixture := range []string{"minimal", "greedy", "poison", "exits", "start_traps", "initialize_traps", "vast"} {
		modules[fixture] = compile(t, c, read(t, fixture))
	}
	live := func(fixture string) {
		i, err := guest.New(t.Context(), modules[fixture], guest.Options{Plugin: "p"})
		if err != nil {
			return // as it should for some, which TestNewFails checks
		}
		_ = reconcile("poison")(t.Context(), i) // the fate of some, which TestSins checks
		if err := i.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("Close of %s: %v", fixture, err)
		}
	}
	before := status(t, "VmSize")
	var wg sync.WaitGroup
	for fixture := range modules {
		wg.Go(func() {
			for range 100 {
				live(fixture)
			}
		})
	}
	wg.Wait()
	if grown := status(t, "VmSize") - before; grown > 8<<30 {
		t.Errorf("address space grew by %d MiB over %d instances", grown>>20, 100*len(modules))
	}
}

// TestMemoryIsLazy: memory that a guest has, but has not touched, takes no space.
func TestMemoryIsLazy(t *testing.T) {
	m := load(t, "greedy") // touches one small page in 16
	i := instantiate(t, m, guest.Options{MemoryLimit: 512 << 20})
	before := status(t, "VmRSS")
	if err := reconcile("a")(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if grown := status(t, "VmRSS") - before; grown > 128<<20 {
		t.Errorf("of a memory of %d MiB, %d MiB are resident, want an eighth at most", i.MemoryBytes()>>20, grown>>20)
	}
}

// status returns a size in /proc/self/status, in bytes.
func status(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		value, found := strings.CutPrefix(line, name+":")
		if !found {
			continue
		}
		var kibibytes int
		if _, err := fmt.Sscanf(value, "%d kB", &kibibytes); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return kibibytes << 10
	}
	t.Fatalf("/proc/self/status has no %s", name)
	return 0
}
