// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// TestMeterIsOutOfReach brings modules to the door that would fill their own
// tank, or refuel by themselves.
func TestMeterIsOutOfReach(t *testing.T) {
	const exports, globals = 7, 6
	plugin := moduletest.Plugin()
	// With another export, behind the five that are there.
	exporting := func(name string, kind, index byte) []byte {
		return slices.Concat([]byte{6}, plugin[exports][1:], moduletest.Vector([]byte(name)), []byte{kind, index})
	}
	yield := slices.Concat(moduletest.Vector([]byte("wcm_meter")), moduletest.Vector([]byte("yield")), []byte{0, 2})
	for _, c := range []struct {
		name   string
		module moduletest.Sections
		reason module.Reason
		want   string
	}{
		{"it imports yield", plugin.With(moduletest.Imports, moduletest.List(yield)), module.ImportsDiffer,
			"imports what this host does not have: wcm_meter.yield () i64"},
		{"it exports a global as fuel", plugin.With(exports, exporting("wcm_meter_fuel", 3, 0)).
			With(globals, moduletest.List([]byte{0x7e, 1, 0x42, 0, 0x0b})), module.NotMeterable,
			`exports "wcm_meter_fuel": names that begin with wcm_meter are the host's`},
		{"it exports a function as fuel", plugin.With(exports, exporting("wcm_meter_fuel", 0, 1)), module.NotMeterable,
			`exports "wcm_meter_fuel": names that begin with wcm_meter are the host's`},
		{"it sets the global that the host will add", plugin.With(10, moduletest.List(moduletest.Function(0, 0x42, 0, 0x24, 0),
			moduletest.Function(0, 0), moduletest.Function(0, 0), moduletest.Function(0, 0))), module.Malformed,
			"is malformed WebAssembly: code section, function 0, byte 116: global 0, there are 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := open(t, module.Options{}).Compile(t.Context(), c.module.Bytes())
			refused, ok := errors.AsType[*module.RefusedError](err)
			if !ok || refused.Reason != c.reason || err.Error() != c.want {
				t.Errorf("Compile = %v, %v: want a refusal for %s: %s", m, err, c.reason, c.want)
			}
		})
	}
}
