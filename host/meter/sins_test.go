// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"errors"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/meter"
)

// slice is the fuel that the guests below get at a time.
const slice = 100_000

// TestSins runs guests that never end, each in a way of its own, and stops
// them at their hundredth yield.
func TestSins(t *testing.T) {
	for _, c := range []struct {
		name string
		args []uint64
	}{
		{name: "loop"}, {name: "loop_if"}, {name: "loop_table"}, {name: "loop_values"}, {name: "loop_unreachable"},
		{"recursion", []uint64{60}}, {"indirect", []uint64{60}},
		{name: "leaf"}, {name: "host"}, {name: "start"}, {name: "skips"},
		{"dispatch", []uint64{0}}, {name: "dispatch_entered"}, {"dispatch_other", []uint64{0, 0}}, {"dispatch_computed", []uint64{0}},
		{"dispatch_if", []uint64{0}}, {"dispatch_inner", []uint64{0}}, {"dispatch_self", []uint64{0}}, {"dispatch_between", []uint64{0}},
		{"dispatch_default", []uint64{0}}, {"dispatch_values", []uint64{0}},
		{name: "fill"}, {name: "copy"}, {name: "init"}, {name: "table"}, {name: "table_grow"}, {name: "memory_grow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRuntime(t, slice)
			r.most = 100
			if _, err := r.NewHostModuleBuilder("env").NewFunctionBuilder().WithFunc(func() {}).Export("nothing").Instantiate(t.Context()); err != nil {
				t.Fatal(err)
			}
			m, err := r.instantiate(t, fixture(t, c.name), wazero.NewModuleConfig())
			if c.name != "start" {
				if err != nil {
					t.Fatal(err)
				}
				_, err = m.ExportedFunction("run").Call(t.Context(), c.args...)
			}
			if !errors.Is(err, errStopped) {
				t.Errorf("run = %v, want %v", err, errStopped)
			}
		})
	}
}

// TestPrices holds what a call of each guest costs, so that a change of the
// prices is a change that somebody wanted.
func TestPrices(t *testing.T) {
	const granted = 1 << 40
	for _, c := range []struct {
		name, export string
		arg          uint64
		want         int64
	}{
		{"table_grow", "size", 0, 0},                              // too small to be charged
		{"table_grow", "grow", 10, 3 + 16 + 10},                   // instructions, the operation, entries
		{"table_grow", "grow", meter.MaxTableEntries + 1, 3 + 16}, // refused
		{"table_grow", "grow", 1<<32 - 1, 3 + 16},                 // refused
		{"memory_grow", "grow", 3, 2 + 16 + 3*16384},              // pages
		{"memory_grow", "grow", 1000, 2 + 16},                     // did not grow
		{"recursion", "run", 0, 12 + 2*8},                         // both arms of an if, its end
		{"recursion", "run", 3, (12 + 2*8) * (1 + 2 + 4 + 8)},     // each call by itself
	} {
		r := newRuntime(t, granted)
		m, err := r.instantiate(t, fixture(t, c.name), wazero.NewModuleConfig())
		if err != nil {
			t.Fatal(err)
		}
		fuel := m.ExportedGlobal(meter.FuelGlobal).(api.MutableGlobal)
		if fuel.Get() != 0 {
			t.Errorf("%s: fuel before the first call = %d, want 0", c.name, fuel.Get())
		}
		fuel.Set(granted)
		f := m.ExportedFunction(c.export)
		if _, err := f.Call(t.Context(), []uint64{c.arg}[:len(f.Definition().ParamTypes())]...); err != nil {
			t.Fatal(err)
		}
		if got := granted - int64(fuel.Get()); got != c.want {
			t.Errorf("%s: %s(%d) cost %d, want %d", c.name, c.export, c.arg, got, c.want)
		}
	}
}

// TestTableLimit grows a table to the limit and not beyond.
func TestTableLimit(t *testing.T) {
	r := newRuntime(t, slice)
	m, err := r.instantiate(t, fixture(t, "table_grow"), wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ by, want int32 }{
		{1, 0}, {meter.MaxTableEntries, -1}, {meter.MaxTableEntries - 1, 1}, {1, -1}, {0, meter.MaxTableEntries}, {-1, -1},
	} {
		got, err := m.ExportedFunction("grow").Call(t.Context(), api.EncodeI32(step.by))
		if err != nil || api.DecodeI32(got[0]) != step.want {
			t.Errorf("grow(%d) = %v, %v, want %d", step.by, got, err, step.want)
		}
	}
}
