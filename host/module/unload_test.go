// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// changes counts what a compiler says of code that comes and goes.
type changes struct{ loaded, failed, unloaded atomic.Int32 }

func (c *changes) options(dir string) module.Options {
	return module.Options{
		CacheDir: dir,
		Loaded: func(_ time.Duration, err error) {
			if err != nil {
				c.failed.Add(1)
				return
			}
			c.loaded.Add(1)
		},
		Unloaded: func() { c.unloaded.Add(1) },
	}
}

func (c *changes) check(t *testing.T, loaded, failed, unloaded int32) {
	t.Helper()
	if l, f, u := c.loaded.Load(), c.failed.Load(), c.unloaded.Load(); l != loaded || f != failed || u != unloaded {
		t.Errorf("code was loaded %d times, could not be %d times, and was unloaded %d times; want %d, %d, %d", l, f, u, loaded, failed, unloaded)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func compile(t *testing.T, c *module.Compiler, wasm []byte) *module.Module {
	t.Helper()
	m, err := c.Compile(t.Context(), wasm)
	must(t, err)
	t.Cleanup(func() { must(t, m.Close(context.WithoutCancel(t.Context()))) })
	return m
}

// use calls a new instance of a module, whose code is loaded if need be.
func use(ctx context.Context, m *module.Module) error {
	share, err := m.Share(ctx)
	if err != nil {
		return err
	}
	instance, err := share.Instantiate(ctx, wazero.NewModuleConfig().WithName(""))
	if err == nil {
		_, err = instance.ExportedFunction("wcm_describe").Call(ctx)
		err = errors.Join(err, instance.Close(ctx))
	}
	return errors.Join(err, share.Close(ctx))
}

// TestUnload: code goes when the last module lets go of it, and comes back for
// the next that needs it.
func TestUnload(t *testing.T) {
	ctx := t.Context()
	var seen changes
	c := open(t, seen.options(t.TempDir()))
	one, other := compile(t, c, read(t, "minimal")), compile(t, c, read(t, "minimal"))
	share, err := one.Share(ctx)
	must(t, err, one.Unload(ctx), one.Unload(ctx), other.Unload(ctx))
	seen.check(t, 0, 0, 0)
	must(t, use(ctx, share), share.Close(ctx))
	seen.check(t, 0, 0, 1)
	if one.Loaded() || other.Loaded() || one.Problem() != nil {
		t.Errorf("loaded: %v, %v, problem %v; want neither and none", one.Loaded(), other.Loaded(), one.Problem())
	}
	must(t, use(ctx, one))
	seen.check(t, 1, 0, 1)
	must(t, use(ctx, one), use(ctx, other), one.Unload(ctx))
	seen.check(t, 1, 0, 1) // the other has it still
	must(t, other.Unload(ctx))
	seen.check(t, 1, 0, 2)
	if _, err := one.Instantiate(ctx, wazero.NewModuleConfig()); !errors.Is(err, module.ErrClosed) {
		t.Errorf("Instantiate of an unloaded module: %v, want %v", err, module.ErrClosed)
	}
	if err := c.Close(ctx); err == nil || err.Error() != "close compiler: 2 modules are open" {
		t.Errorf("Compiler.Close with modules that are unloaded: %v", err)
	}
	must(t, other.Close(ctx), other.Unload(ctx))
	if _, err := other.Share(ctx); !errors.Is(err, module.ErrClosed) {
		t.Errorf("Share of a closed module: %v, want %v", err, module.ErrClosed)
	}
}

// TestUnloadWithoutCache: code that is nowhere else stays.
func TestUnloadWithoutCache(t *testing.T) {
	m := compile(t, open(t, module.Options{}), read(t, "minimal"))
	must(t, m.Unload(t.Context()))
	if !m.Loaded() {
		t.Error("the code is gone")
	}
}

// TestUnloadFreesCode: the memory of the code goes back to the system.
func TestUnloadFreesCode(t *testing.T) {
	const functions, least = 10_000, 10_000 * 16
	c := open(t, (&changes{}).options(t.TempDir()))
	m := compile(t, c, moduletest.Plugin(slices.Repeat([][]byte{moduletest.Function(0)}, functions)...).Bytes())
	before := executable(t)
	must(t, m.Unload(t.Context()))
	hosttest.Eventually(t, func() string {
		runtime.GC() // which runs finalizers, a moment later
		if got := executable(t); got+least > before {
			return fmt.Sprintf("%d bytes of code after that of %d functions was unloaded, %d before", got, functions, before)
		}
		return ""
	})
}

// TestUnloadCacheDamaged: what the cache has lost is compiled again, if its file
// is somewhere; else nobody gets it before it is.
func TestUnloadCacheDamaged(t *testing.T) {
	ctx, dir, wasm := t.Context(), t.TempDir(), read(t, "minimal")
	var seen changes
	var source func() ([]byte, error)
	o := seen.options(dir)
	o.Source = func(d module.Digest) ([]byte, error) {
		if d != module.DigestOf(wasm) {
			t.Errorf("Source(%s), want %s", d, module.DigestOf(wasm))
		}
		return source()
	}
	c := open(t, o)
	m := compile(t, c, wasm)
	damage := func() {
		t.Helper()
		must(t, m.Unload(ctx), os.Truncate(only(t, dir, "modules/*"), 10))
	}

	damage()
	source = func() ([]byte, error) { return wasm, nil }
	must(t, use(ctx, m))
	seen.check(t, 1, 0, 1)

	damage()
	source = func() ([]byte, error) { return nil, fs.ErrNotExist }
	for range 2 {
		lost := &module.LostError{}
		if err := use(ctx, m); !errors.As(err, &lost) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("use without cache and file: %v, want a LostError of %v", err, fs.ErrNotExist)
		}
		if m.Loaded() || m.Problem() == nil {
			t.Errorf("loaded %v, problem %v, want none and why", m.Loaded(), m.Problem())
		}
	}
	seen.check(t, 1, 2, 2)

	second := compile(t, c, wasm) // has the file
	must(t, use(ctx, m), second.Close(ctx), use(ctx, m))
	if err := m.Problem(); err != nil {
		t.Errorf("problem %v after the code is there again", err)
	}
}

// TestUnloadWaits: a caller that leaves does not keep the code from being loaded,
// and whoever brings the file while it is missing gets it compiled.
func TestUnloadWaits(t *testing.T) {
	ctx, dir, wasm := t.Context(), t.TempDir(), read(t, "minimal")
	var seen changes
	asked, answer := make(chan bool), make(chan error)
	o := seen.options(dir)
	o.Source = func(module.Digest) ([]byte, error) {
		asked <- true
		return wasm, <-answer
	}
	c := open(t, o)
	m := compile(t, c, wasm)
	must(t, m.Unload(ctx), os.RemoveAll(filepath.Join(dir, "modules")), os.Mkdir(filepath.Join(dir, "modules"), 0o700))
	leaving, leave := context.WithCancel(ctx)
	left := make(chan error)
	go func() { left <- use(leaving, m) }()
	<-asked
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("use: %v, want %v", err, context.Canceled)
	}
	must(t, m.Unload(ctx)) // does not disturb
	if !m.Loaded() {
		t.Error("the code is not on its way any more")
	}
	installed := make(chan *module.Module)
	go func() {
		second, err := c.Compile(ctx, wasm)
		if err != nil {
			t.Error(err)
		}
		installed <- second
	}()
	answer <- fs.ErrPermission
	second := <-installed
	must(t, use(ctx, m), use(ctx, second), second.Close(ctx))
}

// TestUnloadHammer unloads, uses, compiles and closes from many goroutines.
func TestUnloadHammer(t *testing.T) {
	ctx := t.Context()
	var seen changes
	c := open(t, seen.options(t.TempDir()))
	var wg sync.WaitGroup
	for _, name := range []string{"minimal", "poison"} {
		wasm := read(t, name)
		shared := compile(t, c, wasm)
		for n := range 4 {
			wg.Go(func() {
				for range 50 {
					if err := use(ctx, shared); err != nil {
						t.Error(err)
					}
					own, err := c.Compile(ctx, wasm)
					if err != nil {
						t.Error(err)
						return
					}
					if n%2 == 0 {
						err = own.Unload(ctx)
					}
					if err := errors.Join(err, shared.Unload(ctx), use(ctx, own), own.Close(ctx)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	if seen.loaded.Load() == 0 || seen.unloaded.Load() == 0 || seen.failed.Load() > 0 {
		t.Errorf("code was loaded %d times and unloaded %d times, %d times in vain", seen.loaded.Load(), seen.unloaded.Load(), seen.failed.Load())
	}
}

// executable returns the size of the mappings that wazero has made for code:
// those without a file that may be executed and not written.
func executable(t *testing.T) (size uint64) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	for line := range strings.Lines(string(maps)) {
		if fields := strings.Fields(line); len(fields) == 5 && strings.HasPrefix(fields[1], "r-x") {
			var first, end uint64
			if _, err := fmt.Sscanf(fields[0], "%x-%x", &first, &end); err != nil {
				t.Fatal(err)
			}
			size += end - first
		}
	}
	return size
}
