// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// children are what the test binary can be as a compile child, by its
// argument: a real one, and some that fail.
var children = map[string]func() int{
	"compile": func() int { return module.CompileMain(os.Stdin, os.Stdout, os.Stderr) },
	"garble": func() int {
		fmt.Fprint(os.Stdout, "who\nknows")
		return 0
	},
	"boast": func() int { // of what it has not done
		fmt.Fprint(os.Stdout, "{}")
		return 0
	},
	"crash": func() int { panic("unreachable code") },
	"die while writing": func() int {
		code := filepath.Join("wazero-v1", strings.Repeat("a", 64))
		if err := errors.Join(os.Mkdir("wazero-v1", 0o700), os.WriteFile(code, []byte("half"), 0o600),
			os.WriteFile("entry", []byte(`{"module":`), 0o600), syscall.Kill(os.Getpid(), syscall.SIGKILL)); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return 1
	},
}

// compileChild makes a compiler compile in a child.
var compileChild = []string{"compile"}

// compiled compiles a module, closes it, and returns what that took.
func compiled(t *testing.T, c *module.Compiler, wasm []byte) module.Stats {
	t.Helper()
	m, err := c.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m.Stats
}

// leftNothing checks that no process is left, and nothing in the stages of a
// cache.
func leftNothing(t *testing.T, dir string) {
	t.Helper()
	stages, err := filepath.Glob(filepath.Join(dir, "stage", "*"))
	if err != nil || len(stages) > 0 {
		t.Errorf("left in the cache: %v %v", stages, err)
	}
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
		t.Errorf("a child process is left: %d %v", pid, err)
	}
}

// TestCompileInChild compiles once, and then takes code from the cache, as
// another process would.
func TestCompileInChild(t *testing.T) {
	ctx, dir, wasm := t.Context(), filepath.Join(t.TempDir(), "new", "cache"), read(t, "minimal")
	for i, want := range []module.Origin{module.FromChild, module.FromCache, module.FromCache} {
		c := open(t, module.Options{CacheDir: dir, Child: compileChild})
		m, err := c.Compile(ctx, wasm)
		if err != nil {
			t.Fatal(err)
		}
		instance, err := m.Instantiate(ctx, wazero.NewModuleConfig())
		if err != nil {
			t.Fatal(err)
		}
		s := m.Stats
		if s.Origin != want || s.Wall <= 0 || s.Size < len(wasm) || (s.Child.Wall > 0) != (want == module.FromChild) {
			t.Errorf("compilation %d: stats %+v, want origin %s", i, s, want)
		}
		if err := errors.Join(instance.Close(ctx), m.Close(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the cache directory: %v, %v, want mode 0700", info.Mode(), err)
	}
	leftNothing(t, dir)
}

// TestCompileInChildRefuses holds what is said of modules that are too much
// for a child.
func TestCompileInChildRefuses(t *testing.T) {
	bomb := moduletest.Plugin(moduletest.Bombs(1000)...).Bytes()
	large := moduletest.Plugin().With(moduletest.Data, moduletest.List(append([]byte{1}, moduletest.Vector(make([]byte, 48<<20))...))).Bytes()
	for _, c := range []struct {
		name   string
		wasm   []byte
		child  string
		reason module.Reason
		want   string // how the sentence begins
	}{
		{"a compile bomb", bomb, "compile", module.NoTime, "cannot be compiled within the limit of 300ms"},
		{"more than its memory", large, "compile", module.NoMemory, "cannot be compiled within the limit of 32 MiB of memory: "},
		{"invalid code", read(t, "invalid_code"), "compile", module.NotCompilable,
			"cannot be compiled: invalid function[3] export[\"wcm_reconcile\"]: "},
		{"a crash of the compiler", read(t, "minimal"), "crash", module.CompilerCrash,
			"cannot be compiled: the compiler crashes: panic: unreachable code"},
		{"death while it writes", read(t, "minimal"), "die while writing", module.NoMemory,
			"cannot be compiled within the limit of 32 MiB of memory: killed by another"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			o := module.Options{CacheDir: dir, Child: []string{c.child}, CompileMemory: 32 << 20}
			if c.reason == module.NoTime { // not before the memory is used up
				o.CompileTimeout, o.CompileMemory = 300*time.Millisecond, 0
			}
			m, err := open(t, o).Compile(t.Context(), c.wasm)
			refused, ok := errors.AsType[*module.RefusedError](err)
			if !ok || refused.Reason != c.reason || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("Compile = %v, %v: want a refusal for %s that begins with %q", m, err, c.reason, c.want)
			}
			leftNothing(t, dir)
			if s := compiled(t, open(t, module.Options{CacheDir: dir, Child: compileChild}), read(t, "minimal")); s.Origin != module.FromChild {
				t.Errorf("another module after that: stats %+v, want one compiled by a child", s)
			}
		})
	}
}

// TestCompileInChildFails shows what is not the module's fault.
func TestCompileInChildFails(t *testing.T) {
	_, err := open(t, module.Options{Child: []string{"garble"}}).Compile(t.Context(), read(t, "minimal"))
	if _, refused := errors.AsType[*module.RefusedError](err); refused || err == nil ||
		!strings.HasPrefix(err.Error(), `compile child: verdict "who knows": `) {
		t.Errorf("Compile with a child that talks nonsense: %v, want an error of the child", err)
	}
	log := &transcript{}
	c := open(t, module.Options{CacheDir: t.TempDir(), Child: []string{"boast"}, Logger: log.logger()})
	if s := compiled(t, c, read(t, "minimal")); s.Origin != module.FromProcess {
		t.Errorf("stats with a child that leaves nothing: %+v, want a compilation in this process", s)
	}
	log.has(t, 1, "Modules are compiled twice", "no such file")
}

// TestCompileEndsWithContext ends the context of a compilation while its child
// is at work: only the one that nobody waits for any more is ended.
func TestCompileEndsWithContext(t *testing.T) {
	dir := t.TempDir()
	c := open(t, module.Options{CacheDir: dir, Child: compileChild})
	wasm := moduletest.Plugin(moduletest.Bombs(10)...).Bytes() // a second or so
	reason := errors.New("no longer wanted")
	first, leave := context.WithCancelCause(t.Context())
	left := make(chan error, 1)
	go func() { // ends with its context
		_, err := c.Compile(first, wasm)
		left <- err
	}()
	staged(t, dir)
	stay := make(chan error, 1)
	began := make(chan struct{})
	go func() { // ends with the compilation
		m, err := c.Compile(&waiting{Context: t.Context(), begin: func() { close(began) }}, wasm)
		if err == nil {
			err = m.Close(t.Context())
		}
		stay <- err
	}()
	<-began
	leave(reason)
	if err := <-left; !errors.Is(err, reason) {
		t.Errorf("Compile whose context ended: %v, want %v", err, reason)
	}
	if err := <-stay; err != nil {
		t.Errorf("Compile of the same module by another: %v", err)
	}

	alone, leave := context.WithCancelCause(t.Context())
	go func() { // ends with its context
		_, err := c.Compile(alone, moduletest.Plugin(moduletest.Bombs(1000)...).Bytes())
		left <- err
	}()
	staged(t, dir)
	// Meanwhile others compile.
	if s := compiled(t, c, read(t, "minimal")); s.Origin != module.FromChild {
		t.Errorf("stats beside a bomb: %+v", s)
	}
	leave(reason)
	if err := <-left; !errors.Is(err, reason) {
		t.Errorf("Compile whose context ended: %v, want %v", err, reason)
	}
	leftNothing(t, dir)
}

// waiting is a context that tells when somebody begins to wait for it.
type waiting struct {
	context.Context
	once  sync.Once
	begin func()
}

func (w *waiting) Done() <-chan struct{} {
	w.once.Do(w.begin)
	return w.Context.Done()
}

// staged waits until a compilation is under way.
func staged(t *testing.T, dir string) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		stages, err := filepath.Glob(filepath.Join(dir, "stage", "*"))
		switch {
		case err != nil:
			t.Fatal(err)
		case len(stages) > 0:
			return
		}
		select {
		case <-deadline:
			t.Fatal("no compilation began within a minute")
		case <-time.After(time.Millisecond):
		}
	}
}

// TestCompileInChildHammer compiles many modules at once, each by several.
func TestCompileInChildHammer(t *testing.T) {
	dir := t.TempDir()
	c := open(t, module.Options{CacheDir: dir, Child: compileChild})
	var wg sync.WaitGroup
	for n := range 24 {
		wasm := moduletest.Plugin().With(moduletest.Custom, append(moduletest.Vector([]byte("number")), byte(n%6))).Bytes()
		wg.Go(func() {
			for range 3 {
				m, err := c.Compile(t.Context(), wasm)
				if err == nil {
					err = m.Close(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	leftNothing(t, dir)
}

// transcript is what a compiler logged.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *transcript) logger() *slog.Logger { return slog.New(slog.NewTextHandler(io.Writer(l), nil)) }

// has checks that so many lines were logged that have both texts.
func (l *transcript) has(t *testing.T, want int, message, problem string) {
	t.Helper()
	if got := l.count(message, problem); got != want {
		t.Errorf("%d lines of the log say %q and %q, want %d:\n%s", got, message, problem, want, l.text.String())
	}
}

// count returns how many lines were logged that have both texts.
func (l *transcript) count(message, problem string) (got int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, message) && strings.Contains(line, problem) {
			got++
		}
	}
	return got
}
