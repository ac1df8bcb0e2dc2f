// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abitest

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Run checks that a guest module keeps the contract. Its controllers are asked
// to reconcile objects that do not exist and objects whose fields are all
// absent, and must answer with an outcome, whichever. It takes some seconds;
// with -short a tenth of the calls are made. The guest's environment has the
// variables besides what every host gives it, each as "NAME=value".
func Run(t *testing.T, wasm []byte, variables ...string) {
	r := &recorder{description: &abi.Description{}}
	h, err := newHost(t.Context(), wasm, r)
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{host: h, recorder: r}
	defer k.close(t)
	for _, problem := range append(exportProblems(h.compiled), importProblems(h.compiled)...) {
		t.Error(problem)
	}
	if t.Failed() {
		return
	}
	if err := h.instantiate(t.Context(), &k.output, variables); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"renew", k.renew},
		{"describe", k.describe},
		{"alloc", k.alloc},
		{"configure", k.configure},
		{"map", k.mapChange},
		{"reconcile what is not there", k.reconcileMissing},
		{"reconcile what is no request", k.reconcileGarbage},
		{"results larger than the buffer", k.reconcileLarge},
		{"memory", k.memory},
	} {
		// Each step builds on the instance that the one before leaves.
		if !t.Run(step.name, step.run) {
			return
		}
	}
}

// kit is a guest under test.
type kit struct {
	*host
	recorder *recorder
	output   bytes.Buffer
}

func (k *kit) close(t *testing.T) {
	for _, problem := range k.recorder.problems {
		t.Errorf("operation %s", problem)
	}
	if t.Failed() && k.output.Len() > 0 {
		t.Logf("the guest said:\n%s", k.output.Bytes())
	}
	if err := k.host.close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// renew checks that a guest can be renewed as the first instance is, of which
// others are copies. Whether it says that it could is its own affair.
func (k *kit) renew(t *testing.T) {
	renew, exists := k.exports[abi.ExportRenew]
	if !exists {
		t.Skip("the guest does not export " + abi.ExportRenew)
	}
	if _, err := renew.Call(t.Context()); err != nil {
		t.Fatalf("%s: %v", abi.ExportRenew, err)
	}
}

func (k *kit) describe(t *testing.T) {
	first, err := k.send(t.Context(), abi.ExportDescribe, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := k.send(t.Context(), abi.ExportDescribe, nil)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("the second description is %x, %v; the first was %x", second, err, first)
	}
	d := k.recorder.description
	if err := d.Decode(first); err != nil {
		t.Fatal(err)
	}
	for _, problem := range descriptionProblems(d) {
		t.Error(problem)
	}
}

// descriptionProblems returns what contradicts itself in a description. Hosts
// check more, such as names that Kubernetes does not take.
func descriptionProblems(d *abi.Description) (problems []string) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if d.Name == "" || len(d.Controllers) == 0 {
		problem("name is %q and there are %d controllers, want a name and one at least", d.Name, len(d.Controllers))
	}
	if d.Settings != nil {
		if err := d.Settings.Validate(); err != nil {
			problem("settings: %v", err)
		}
	}
	for i := range d.Resources {
		r := &d.Resources[i]
		if r.Projection == nil {
			continue
		}
		if err := r.Projection.Validate(); err != nil {
			problem("resource %s: projection: %v", r, err)
		}
		if got, want := r.ProjectionHash, r.Projection.Hash(); got != want {
			problem("resource %s: projection_hash %#x, want %#x for %s", r, got, want, r.Projection)
		}
	}
	for _, c := range d.Controllers {
		primaries := 0
		for i, w := range c.Watches {
			if int(w.Resource) >= len(d.Resources) {
				problem("controller %s: watch %d: resource %d, there are %d", c.Name, i, w.Resource, len(d.Resources))
			}
			if w.Mapping == abi.MapFor {
				primaries++
			}
			if c.Singleton != (w.Mapping == abi.MapSingleton) && w.Mapping != abi.MapFor {
				problem("controller %s: watch %d: mapping %s, singleton is %t", c.Name, i, w.Mapping, c.Singleton)
			}
		}
		switch {
		case c.Singleton && primaries != 0:
			problem("controller %s is a singleton and has %d watches of mapping for, want none", c.Name, primaries)
		case !c.Singleton && primaries != 1:
			problem("controller %s has %d watches of mapping for, want one", c.Name, primaries)
		}
	}
	return problems
}

func (k *kit) alloc(t *testing.T) {
	for _, size := range []uint32{1, 7, 8, 1000, 4096, 1 << 20} {
		address, err := k.host.alloc(t.Context(), size)
		if err != nil {
			t.Fatal(err)
		}
		if !k.guest.Memory().Write(address, make([]byte, size)) {
			t.Errorf("%s(%d) = %#x, which is outside of the memory", abi.ExportAlloc, size, address)
		}
	}
}

// configure passes settings of which every field is absent.
func (k *kit) configure(t *testing.T) {
	if k.exports[abi.ExportConfigure] == nil {
		t.Skipf("the module does not export %s", abi.ExportConfigure)
	}
	c := abi.Configuration{Plugin: "abitest"}
	if settings := k.recorder.description.Settings; settings != nil {
		c.Settings = record.AppendZero(nil, settings)
	}
	var rejection abi.Rejection
	if err := k.exchange(t.Context(), abi.ExportConfigure, c.Append(nil), &rejection); err != nil {
		t.Fatal(err)
	}
	if rejection.Message != "" {
		t.Logf("absent settings are rejected: %s", rejection.Message)
	}
}

// mapChange passes a new object to every watch that the guest maps.
func (k *kit) mapChange(t *testing.T) {
	d := k.recorder.description
	for c := range d.Controllers {
		for w, watch := range d.Controllers[c].Watches {
			if watch.Mapping != abi.MapGuest {
				continue
			}
			shape := d.Resources[watch.Resource].Projection
			change := abi.Change{Controller: uint32(c), Watch: uint32(w), After: k.recorder.appendRecord(nil, shape, "default", "abitest")}
			if err := k.exchange(t.Context(), abi.ExportMap, change.Append(nil), &abi.Requests{}); err != nil {
				t.Errorf("controller %s: watch %d: %v", d.Controllers[c].Name, w, err)
			}
		}
	}
}
