// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/module/confine"
)

// Module is compiled code, ready to be instantiated, or what is left of it
// between Unload and the next Share. Modules of one digest share the code, which
// is freed when the last of them is closed or has let go of it. It is safe for
// concurrent use.
type Module struct {
	Info  *Info // must not be modified
	Stats Stats // of Compile

	compiler *Compiler
	code     *code // guarded by compiler.mu; nil while it is unloaded
	lost     error // guarded by compiler.mu; why the last Share got no code; nil if it did
	closed   bool  // guarded by compiler.mu
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

// held returns the code that the module holds, [ErrClosed] if there is none.
func (m *Module) held() (*code, error) {
	m.compiler.mu.Lock()
	defer m.compiler.mu.Unlock()
	if m.closed || m.code == nil {
		return nil, ErrClosed
	}
	return m.code, nil
}

// Image is what the caller of Instantiate lays into the memory of the instance
// before; nil if there is nothing. It is that of the code, and not to be used
// after Close or Unload.
func (m *Module) Image() *Image {
	code, err := m.held()
	if err != nil {
		return nil
	}
	return code.image
}

// Instantiate makes an instance, whose memory is to have the module's Image:
// the context gives the allocator. The caller closes it before the module, and
// before he unloads it.
func (m *Module) Instantiate(ctx context.Context, config wazero.ModuleConfig) (instance api.Module, err error) {
	code, err := m.held()
	if err != nil {
		return nil, err
	}
	err = guard(func() (err error) {
		instance, err = code.engine.runtime.InstantiateModule(ctx, code.compiled, config)
		return err
	})
	if err == nil {
		code.backed.Do(func() { code.backing = m.compiler.backSoon(instance, code.woken) })
	}
	return instance, err
}

// Close gives the module up. Closing it again does nothing.
func (m *Module) Close(ctx context.Context) error {
	c := m.compiler
	c.mu.Lock()
	again, code := m.closed, m.code
	m.closed, m.code = true, nil
	if !again && code == nil {
		c.unloaded--
	}
	c.mu.Unlock()
	if again || code == nil {
		return nil
	}
	return c.release(ctx, code)
}
