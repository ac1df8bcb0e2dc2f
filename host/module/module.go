// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/module/confine"
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

// Origin is where the code of a module came from, one word as it stands in
// metrics.
type Origin string

// The origins.
const (
	FromCache   Origin = "cache"   // compiled earlier
	FromChild   Origin = "child"   // compiled by a child, for this module
	FromProcess Origin = "process" // compiled in this process, without limits
	FromMemory  Origin = "memory"  // that of another module of the digest, which is open
)

// Stats says what it took to make a module's code ready.
type Stats struct {
	Origin Origin
	Wall   time.Duration // without the time in which it waited for others
	Child  confine.Usage // what a child took; zero without one
	Size   int           // of the rewritten module, in bytes
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

// Image is what the caller of Instantiate lays into the memory of the instance
// before; nil if there is nothing. It is that of the code, and not to be used
// after Close.
func (m *Module) Image() *Image { return m.code.image }

// Instantiate makes an instance, whose memory is to have the module's Image:
// the context gives the allocator. The caller closes it before the module.
func (m *Module) Instantiate(ctx context.Context, config wazero.ModuleConfig) (instance api.Module, err error) {
	if m.closed.Load() {
		return nil, ErrClosed
	}
	err = guard(func() (err error) {
		instance, err = m.code.engine.runtime.InstantiateModule(ctx, m.code.compiled, config)
		return err
	})
	if err == nil {
		m.code.backed.Do(func() { m.compiler.back(instance) })
	}
	return instance, err
}

// Close gives the module up. Closing it again does nothing.
func (m *Module) Close(ctx context.Context) error {
	if m.closed.Swap(true) {
		return nil
	}
	return m.compiler.release(ctx, m.code)
}
