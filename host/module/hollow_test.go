// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// TestHollowModules: what is loaded without the bodies of its functions runs
// them, also beside a module that differs in one body only, and traps name
// functions as before.
func TestHollowModules(t *testing.T) {
	const i64Const = 0x42
	trap := moduletest.Function(0, 0)
	describing := func(n byte) []byte {
		code := moduletest.List(trap, trap, moduletest.Function(0, i64Const, n), trap)
		name := []byte{1, 7, 1, 3, 4, 't', 'r', 'a', 'p'} // of function 3
		return moduletest.Plugin().With(10, code).With(moduletest.Custom, append(moduletest.Vector([]byte("name")), name...)).Bytes()
	}
	dir := t.TempDir()
	for _, want := range []module.Origin{module.FromProcess, module.FromCache} {
		c := open(t, module.Options{CacheDir: dir})
		for n := range byte(3) {
			m := compile(t, c, describing(n))
			if m.Stats.Origin != want {
				t.Errorf("module %d has its code from %s, want %s", n, m.Stats.Origin, want)
			}
			check(t, m, uint64(n))
		}
	}
}

// check calls both functions of a new instance.
func check(t *testing.T, m *module.Module, want uint64) {
	t.Helper()
	instance, err := m.Instantiate(t.Context(), wazero.NewModuleConfig().WithName(""))
	must(t, err)
	got, err := instance.ExportedFunction("wcm_describe").Call(t.Context())
	if err != nil || got[0] != want {
		t.Errorf("wcm_describe() = %v, %v, want %d", got, err, want)
	}
	_, err = instance.ExportedFunction("wcm_reconcile").Call(t.Context(), 0, 0)
	if err == nil || !strings.Contains(err.Error(), ".trap(i32,i32) i64") {
		t.Errorf("wcm_reconcile: %v, want a stack with the function's name", err)
	}
	must(t, errors.Join(instance.Close(context.WithoutCancel(t.Context()))))
}
