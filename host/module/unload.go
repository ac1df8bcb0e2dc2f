// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// LostError is why the code of a module that was unloaded cannot be had again.
// The next Share tries again.
type LostError struct{ Cause error }

// Error says what is lost, and what was tried.
func (e *LostError) Error() string {
	return "code that was dropped while nobody used it cannot be had again: " + e.Cause.Error()
}

// Unwrap returns why.
func (e *LostError) Unwrap() error { return e.Cause }

// Share returns another Module of the same code, which its caller closes.
// Whoever keeps a module beyond the call that gave it takes his own. If the code
// was unloaded it is loaded first, once for all that come meanwhile, and goes on
// being loaded if ctx ends before; the error is a [LostError] if that fails.
func (m *Module) Share(ctx context.Context) (*Module, error) {
	for {
		code, err := m.hold(ctx)
		if err != nil {
			return nil, err
		}
		stale := code.failed() // for somebody who did not wait for it
		if err = code.wait(ctx); err == nil {
			return &Module{Info: m.Info, Stats: m.Stats, compiler: m.compiler, code: code}, nil
		}
		err = errors.Join(err, m.compiler.release(ctx, code), m.forget(ctx, code))
		if !stale {
			return nil, err
		}
	}
}

// hold counts one more user of the module's code, which it has loaded if it is
// not there.
func (m *Module) hold(ctx context.Context) (*code, error) {
	c := m.compiler
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	if m.code == nil {
		code, _, err := c.acquireLocked(ctx, m.Info.Digest, source{info: m.Info})
		if err != nil {
			return nil, err
		}
		m.code = code
		c.unloaded--
	}
	m.code.users++
	return m.code, nil
}

// forget lets go of code that could not be loaded.
func (m *Module) forget(ctx context.Context, failed *code) error {
	c := m.compiler
	c.mu.Lock()
	mine := m.code == failed && failed.failed()
	if mine {
		m.code, m.lost = nil, failed.err
		c.unloaded++
	}
	c.mu.Unlock()
	if !mine {
		return nil
	}
	return c.release(ctx, failed)
}

// Unload lets go of the code until the next Share, which takes it from the cache
// again. It is freed if no other module of the digest holds it. Unload does nothing
// to code that is not in a cache.
func (m *Module) Unload(ctx context.Context) error {
	c := m.compiler
	c.mu.Lock()
	code := m.code
	if m.closed || code == nil || !code.cached() {
		c.mu.Unlock()
		return nil
	}
	m.code, m.lost = nil, nil
	code.unloaded = true
	c.unloaded++
	c.mu.Unlock()
	return c.release(ctx, code)
}

// Loaded reports whether the code is there, or on its way.
func (m *Module) Loaded() bool {
	m.compiler.mu.Lock()
	defer m.compiler.mu.Unlock()
	return m.code != nil
}

// Problem is why the last Share could not have the code again; nil if it could.
func (m *Module) Problem() error {
	m.compiler.mu.Lock()
	defer m.compiler.mu.Unlock()
	if m.code != nil { // it could since
		return nil
	}
	return m.lost
}

// recover makes code ready again that was unloaded: from the cache, or, if that
// has lost it, from the file of the module.
func (c *Compiler) recover(ctx context.Context, d Digest) (r ready, err error) {
	start := time.Now()
	defer func() {
		if err != nil {
			err = &LostError{err}
		}
		if c.options.Loaded != nil && ctx.Err() == nil {
			c.options.Loaded(time.Since(start), err)
		}
	}()
	if r, err = c.fromCache(ctx, d); err == nil {
		return r, nil
	}
	c.options.Logger.Warn("Compiled module in the cache is not used", "digest", d.Short(), "error", err)
	if c.options.Source == nil {
		return ready{}, err
	}
	file, err := c.options.Source(d)
	if err != nil {
		return ready{}, fmt.Errorf("the cache does not have it, and neither is there a file to compile: %w", err)
	}
	return c.compileInTurn(ctx, d, file)
}
