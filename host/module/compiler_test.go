// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"go.uber.org/goleak"

	"github.com/wasm-controller-manager/wcm/host/module"
)

// TestMain makes the test binary a compile child when it is called like one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && children[os.Args[1]] != nil {
		os.Exit(children[os.Args[1]]())
	}
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, o module.Options) *module.Compiler {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // for Cleanup
	o.Yield = api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = 1 << 20 })
	c, err := module.OpenCompiler(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(ctx); err != nil {
			t.Errorf("Compiler.Close: %v", err)
		}
	})
	return c
}

// TestCompileShares checks that modules of one digest share their code until
// the last of them is closed: what is still open can still be instantiated.
func TestCompileShares(t *testing.T) {
	ctx, wasm := t.Context(), read(t, "minimal")
	c := open(t, module.Options{})
	first, err := c.Compile(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Compile(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	third, err := second.Share(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if first.Stats.Origin != module.FromProcess || second.Stats.Origin != module.FromMemory || first.Stats.Size != second.Stats.Size {
		t.Errorf("stats %+v and %+v, want one compilation in this process, for both", first.Stats, second.Stats)
	}
	for _, m := range []*module.Module{first, second, first} { // once more does nothing
		if err := m.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := first.Share(ctx); !errors.Is(err, module.ErrClosed) {
		t.Errorf("Share of a closed module: %v, want %v", err, module.ErrClosed)
	}
	if _, err := first.Instantiate(ctx, wazero.NewModuleConfig()); !errors.Is(err, module.ErrClosed) {
		t.Errorf("Instantiate of a closed module: %v, want %v", err, module.ErrClosed)
	}
	if err := c.Close(ctx); err == nil || err.Error() != "close compiler: 1 modules are open" {
		t.Errorf("Compiler.Close with a module open: %v", err)
	}
	instance, err := third.Instantiate(ctx, wazero.NewModuleConfig())
	if err != nil {
		t.Fatalf("Instantiate after the others closed: %v", err)
	}
	if err := errors.Join(instance.Close(ctx), third.Close(ctx)); err != nil {
		t.Fatal(err)
	}
}

// TestCompileHammer compiles, shares and closes from many goroutines.
func TestCompileHammer(t *testing.T) {
	ctx := t.Context()
	c := open(t, module.Options{})
	names := []string{"minimal", "poison", "exits"}
	var wg sync.WaitGroup
	for n := range 8 {
		wasm := read(t, names[n%len(names)])
		wg.Go(func() {
			for range 50 {
				m, err := c.Compile(ctx, wasm)
				if err != nil {
					t.Error(err)
					return
				}
				share, err := m.Share(ctx)
				if err := errors.Join(err, m.Close(ctx)); err != nil {
					t.Error(err)
					return
				}
				instance, err := share.Instantiate(ctx, wazero.NewModuleConfig().WithName(""))
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(instance.Close(ctx), share.Close(ctx)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestCompileRefuses(t *testing.T) {
	c := open(t, module.Options{})
	_, err := c.Compile(t.Context(), []byte("no"))
	if want := `is no WebAssembly module: starts with "no", expected "\0asm"`; err == nil || err.Error() != want {
		t.Errorf("Compile(no): %v, want %s", err, want)
	}
	var refused *module.RefusedError
	_, err = c.Compile(t.Context(), read(t, "invalid_code"))
	if !errors.As(err, &refused) || refused.Reason != module.NotCompilable ||
		!strings.HasPrefix(err.Error(), "cannot be compiled: invalid function[3] export[\"wcm_reconcile\"]: ") {
		t.Errorf("Compile(invalid_code.wasm): %v, want a refusal that names the function", err)
	}
}
