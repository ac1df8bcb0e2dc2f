// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// copyables are modules by their fixtures.
var copyables = []struct {
	reason, file string
	want         bool
	globals      int
}{
	{"globals of all numbers", "copyable", true, 4},
	{"reads tables only", "copyable_table", true, 0},
	{"a start function", "copyable_start", false, 0},
	{"table.set", "copyable_table_set", false, 0},
	{"elem.drop", "copyable_elem_drop", false, 0},
	{"data.drop", "copyable_data_drop", false, 0},
	{"a mutable reference", "copyable_reference", false, 0},
	{"a mutable vector", "copyable_vector", false, 0},
	{"an imported global", "copyable_import", false, 0},
	{"no memory", "leaf", false, 0},
	{"table.grow", "table_grow", false, 0},
}

// TestCopyable checks which modules are copyable, and that all mutable globals of
// those are exported, and nothing of the others.
func TestCopyable(t *testing.T) {
	for _, c := range copyables {
		t.Run(c.reason, func(t *testing.T) {
			m := decode(t, fixture(t, c.file))
			if got := meter.Copyable(m); got != c.want {
				t.Errorf("Copyable = %v, want %v", got, c.want)
			}
			metered, err := meter.Rewrite(m)
			if err != nil {
				t.Fatal(err)
			}
			exported := 0
			for _, e := range decode(t, metered).Exports {
				if e.Kind == wasm.ExternalGlobal && strings.HasPrefix(e.Name, "wcm_meter_global_") {
					exported++
				}
			}
			if exported != c.globals {
				t.Errorf("%d globals are exported, want %d", exported, c.globals)
			}
		})
	}
}

// TestStateGlobals sets the globals of an instance by their names, which are in
// the order of the module, and reads them from inside.
func TestStateGlobals(t *testing.T) {
	r := newRuntime(t, 1<<20)
	metered, err := meter.Rewrite(decode(t, fixture(t, "copyable")))
	if err != nil {
		t.Fatal(err)
	}
	guest, err := r.InstantiateWithConfig(t.Context(), metered, wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"i32", "i64", "f32", "f64"} {
		g, ok := guest.ExportedGlobal(meter.StateGlobal(i)).(api.MutableGlobal)
		if !ok {
			t.Fatalf("no mutable global %s", meter.StateGlobal(i))
		}
		want := uint64(1000 + i)
		g.Set(want)
		got, err := guest.ExportedFunction(name).Call(t.Context())
		if err != nil || got[0] != want {
			t.Errorf("%s: the guest finds %v in it, %v, want %d", name, got, err, want)
		}
	}
	if guest.ExportedGlobal(meter.StateGlobal(4)) != nil {
		t.Error("a global is exported that the module does not have")
	}
}
