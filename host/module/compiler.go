// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Options configures a [Compiler].
type Options struct {
	// CacheDir is where compiled code is kept over restarts; it is made if it
	// does not exist. Empty: code is compiled anew by each process. Whoever
	// can write there can make the host run what he likes.
	CacheDir string
	// Host returns what answers an operation of guests, once per operation
	// when the compiler is opened. Nil: modules can be compiled, but those
	// that import an operation cannot be instantiated.
	Host func(abi.Operation) api.GoModuleFunction
}

// Compiler compiles modules and owns the wazero runtime in which their
// instances live.
type Compiler struct {
	runtime wazero.Runtime
	cache   wazero.CompilationCache // nil without CacheDir

	mu     sync.Mutex
	codes  map[Digest]*code // guarded by mu; what is compiled or being compiled
	closed bool             // guarded by mu
}

// ErrClosed says that the compiler or the module was closed before the call.
var ErrClosed = errors.New("module is closed")

// OpenCompiler opens the cache directory and instantiates the host's side:
// its operations and WASI. The caller closes the compiler.
func OpenCompiler(ctx context.Context, o Options) (_ *Compiler, err error) {
	c := &Compiler{codes: map[Digest]*code{}}
	// The compiler engine fails loudly where it is not supported, instead of
	// running guests a hundred times slower. Debug information is not parsed:
	// it comes from the module's author. WithCloseOnContextDone stays off: it
	// makes guests three to six times slower.
	config := wazero.NewRuntimeConfigCompiler().WithDebugInfoEnabled(false).WithCoreFeatures(api.CoreFeaturesV2)
	if o.CacheDir != "" {
		if c.cache, err = wazero.NewCompilationCacheWithDir(o.CacheDir); err != nil {
			return nil, fmt.Errorf("compilation cache: %w", err)
		}
		config = config.WithCompilationCache(c.cache)
	}
	c.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.closeRuntime(ctx))
		}
	}()
	if _, err = wasi_snapshot_preview1.Instantiate(ctx, c.runtime); err != nil {
		return nil, fmt.Errorf("instantiate WASI: %w", err)
	}
	if o.Host == nil {
		return c, nil
	}
	return c, c.instantiateHost(ctx, o.Host)
}

func (c *Compiler) instantiateHost(ctx context.Context, host func(abi.Operation) api.GoModuleFunction) error {
	builder := c.runtime.NewHostModuleBuilder(abi.ImportModule)
	for op := range abi.Operation(abi.Operations) {
		params, results := OperationSignature(op).types()
		builder.NewFunctionBuilder().WithGoModuleFunction(host(op), params, results).Export(op.String())
	}
	if _, err := builder.Instantiate(ctx); err != nil {
		return fmt.Errorf("instantiate host functions: %w", err)
	}
	return nil
}

// Compile inspects a module and compiles it, unless its digest is compiled
// already; callers that come meanwhile wait for the same code. It does not
// retain wasm. Compilation cannot be interrupted: when ctx ends, only waiting
// for another caller's compilation does. The caller closes the module.
func (c *Compiler) Compile(ctx context.Context, wasm []byte) (*Module, error) {
	info, err := Inspect(wasm)
	if err != nil {
		return nil, err
	}
	code, mine, err := c.acquire(info.Digest)
	if err != nil {
		return nil, err
	}
	if mine {
		code.err = code.compile(ctx, c.runtime, wasm)
		close(code.done)
	}
	select {
	case <-code.done:
		err = code.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.release(ctx, code))
	}
	return &Module{Info: info, Stats: code.stats, compiler: c, code: code}, nil
}

// acquire counts one more user of a digest's code. The first one must compile.
func (c *Compiler) acquire(d Digest) (_ *code, first bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false, ErrClosed
	}
	entry, found := c.codes[d]
	if !found {
		entry = &code{digest: d, done: make(chan struct{})}
		c.codes[d] = entry
	}
	entry.users++
	return entry, !found, nil
}

// release counts one user less and closes the code after the last one.
func (c *Compiler) release(ctx context.Context, entry *code) error {
	c.mu.Lock()
	entry.users--
	last := entry.users == 0
	if last {
		delete(c.codes, entry.digest)
	}
	c.mu.Unlock()
	if !last || entry.compiled == nil {
		return nil
	}
	return entry.compiled.Close(ctx)
}

// Close closes the runtime. It refuses, and closes nothing, while a module is
// open: an instance whose memory goes away under a running call would take the
// process with it.
func (c *Compiler) Close(ctx context.Context) error {
	c.mu.Lock()
	open := len(c.codes)
	if open == 0 {
		c.closed = true
	}
	c.mu.Unlock()
	if open > 0 {
		return fmt.Errorf("close compiler: %d modules are open", open)
	}
	return c.closeRuntime(ctx)
}

func (c *Compiler) closeRuntime(ctx context.Context) error {
	err := c.runtime.Close(ctx)
	if c.cache != nil {
		err = errors.Join(err, c.cache.Close(ctx))
	}
	return err
}
