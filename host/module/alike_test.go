// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// TestAlikeHammer loads, uses and closes modules with different digests and the
// same code from many goroutines at once: for wazero they are one module, whose
// code none may enter before it is there.
func TestAlikeHammer(t *testing.T) {
	const plugins, rounds = 4, 100
	const i64Const = 0x42
	trap := moduletest.Function(0, 0)
	code := moduletest.List(trap, trap, moduletest.Function(0, i64Const, 7), trap)
	alike := func(n int) []byte {
		name := append(moduletest.Vector([]byte("comment")), fmt.Sprint(n)...)
		return moduletest.Plugin().With(10, code).With(moduletest.Custom, name).Bytes()
	}
	o := module.Options{CacheDir: t.TempDir()}
	first := open(t, o)
	for n := range plugins {
		compile(t, first, alike(n))
	}
	c := open(t, o)
	for range rounds {
		var together sync.WaitGroup
		begin := make(chan struct{})
		for n := range plugins {
			together.Go(func() {
				<-begin
				useAnew(t, c, alike(n))
			})
		}
		close(begin)
		together.Wait()
	}
}

// useAnew calls an instance of a module that may not have been loaded yet.
func useAnew(t *testing.T, c *module.Compiler, wasm []byte) {
	m, err := c.Compile(t.Context(), wasm)
	if err != nil {
		t.Error(err)
		return
	}
	if m.Stats.Origin != module.FromCache {
		t.Errorf("the code is from %s, want from the cache", m.Stats.Origin)
	}
	instance, err := m.Instantiate(t.Context(), wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Error(err)
		return
	}
	if got, err := instance.ExportedFunction("wcm_describe").Call(t.Context()); err != nil || got[0] != 7 {
		t.Errorf("wcm_describe() = %v, %v, want 7", got, err)
	}
	if err := instance.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := m.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
