// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Module is compiled code, ready to be instantiated. Modules of one digest
// share the code, which is freed when the last of them is closed.
type Module struct {
	Info  *Info // must not be modified
	Stats Stats

	compiler *Compiler
	code     *code
	closed   atomic.Bool
}

// Stats says what the compilation of a module's code took, or its loading from
// the cache.
type Stats struct {
	Wall time.Duration
	CPU  time.Duration // of the thread that compiled; 0 where it cannot be measured
}

// Share returns another Module of the same code, which its caller closes.
// Whoever keeps a module beyond the call that gave it takes his own.
func (m *Module) Share() (*Module, error) {
	m.compiler.mu.Lock()
	defer m.compiler.mu.Unlock()
	if m.closed.Load() {
		return nil, ErrClosed
	}
	m.code.users++
	return &Module{Info: m.Info, Stats: m.Stats, compiler: m.compiler, code: m.code}, nil
}

// Instantiate makes an instance. The caller closes it before the module.
func (m *Module) Instantiate(ctx context.Context, config wazero.ModuleConfig) (api.Module, error) {
	if m.closed.Load() {
		return nil, ErrClosed
	}
	return m.compiler.runtime.InstantiateModule(ctx, m.code.compiled, config)
}

// Close gives the module up. Closing it again does nothing.
func (m *Module) Close(ctx context.Context) error {
	if m.closed.Swap(true) {
		return nil
	}
	return m.compiler.release(ctx, m.code)
}

// code is the compiled code of one digest.
type code struct {
	digest Digest
	users  int // guarded by Compiler.mu

	done     chan struct{} // closed when the fields below are set
	compiled wazero.CompiledModule
	stats    Stats
	err      error
}

// compile compiles in the calling goroutine, on a thread of its own for the
// time, so that the thread's CPU time is the compilation's. wazero panics on
// some invalid modules; that is one more way to be refused.
func (c *code) compile(ctx context.Context, r wazero.Runtime, wasm []byte) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, cpu := time.Now(), threadCPU()
	defer func() {
		c.stats = Stats{Wall: time.Since(start), CPU: threadCPU() - cpu}
		if p := recover(); p != nil {
			err = refuse(NotCompilable, "cannot be compiled: the compiler panics: %v", p)
		}
	}()
	if c.compiled, err = r.CompileModule(ctx, wasm); err != nil {
		return refuse(NotCompilable, "cannot be compiled: %w", err)
	}
	return nil
}
