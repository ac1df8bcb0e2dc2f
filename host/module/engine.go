// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/meter"
)

// engine is a wazero runtime, which is given only modules that passed the
// door, and its cache of compiled code, if it has one.
type engine struct {
	runtime wazero.Runtime
	cache   wazero.CompilationCache // nil without a directory
}

// openEngine makes a runtime without any module. The directory is where it
// looks for compiled code and writes what it compiles; empty: nowhere.
func openEngine(ctx context.Context, dir string) (*engine, error) {
	// The compiler engine fails loudly where it is not supported, instead of
	// running guests a hundred times slower. Debug information is not parsed:
	// it comes from the module's author. WithCloseOnContextDone stays off: it
	// makes guests three to six times slower.
	config := wazero.NewRuntimeConfigCompiler().WithDebugInfoEnabled(false).WithCoreFeatures(api.CoreFeaturesV2)
	e := &engine{}
	if dir != "" {
		var err error
		if e.cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
			return nil, err
		}
		config = config.WithCompilationCache(e.cache)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	return e, nil
}

// openHost makes a runtime with the host's side: WASI, the operations and the
// meter's yield.
func openHost(ctx context.Context, dir string, o *Options) (*engine, error) {
	e, err := openEngine(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := e.instantiateHost(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("instantiate host functions: %w", err), e.close(ctx))
	}
	return e, nil
}

func (e *engine) instantiateHost(ctx context.Context, o *Options) error {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, e.runtime); err != nil {
		return err
	}
	if o.Yield != nil {
		builder := e.runtime.NewHostModuleBuilder(meter.ImportModule)
		builder.NewFunctionBuilder().WithGoModuleFunction(o.Yield, nil, []api.ValueType{api.ValueTypeI64}).Export(meter.ImportYield)
		if _, err := builder.Instantiate(ctx); err != nil {
			return err
		}
	}
	if o.Host == nil {
		return nil
	}
	builder := e.runtime.NewHostModuleBuilder(abi.ImportModule)
	for op := range abi.Operation(abi.Operations) {
		params, results := OperationSignature(op).types()
		builder.NewFunctionBuilder().WithGoModuleFunction(o.Host(op), params, results).Export(op.String())
	}
	_, err := builder.Instantiate(ctx)
	return err
}

func (e *engine) close(ctx context.Context) error {
	return guard(func() error {
		err := e.runtime.Close(ctx)
		if e.cache != nil {
			err = errors.Join(err, e.cache.Close(ctx))
		}
		return err
	})
}

// compile compiles a module, or takes its code from the cache. The error is a
// [RefusedError], the cause of ctx, or one of the file system if the code
// could not be kept. With more than one worker it ends between two functions
// when ctx does.
func (e *engine) compile(ctx context.Context, wasm []byte, workers int) (m wazero.CompiledModule, err error) {
	err = guard(func() (err error) {
		m, err = e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, workers), wasm)
		return err
	})
	panicked, isPanic := errors.AsType[*panicError](err)
	switch {
	case err == nil:
		return m, nil
	case isPanic && errors.Is(err, syscall.ENOMEM):
		return nil, refuse(NoMemory, "cannot be compiled: no memory for its code")
	case isPanic:
		return nil, refuse(NotCompilable, "cannot be compiled: the compiler panics: %s", plain(fmt.Sprint(panicked.value), maxText))
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case ofFiles(err):
		return nil, err
	}
	return nil, refuse(NotCompilable, "cannot be compiled: %s", plain(err.Error(), maxText))
}

// errNotCached is the cause of a context in which nothing may be compiled.
var errNotCached = errors.New("code is not in the cache")

// load takes a module's code from the cache, or returns an error: it never
// compiles. wazero looks into its cache before it looks at the context, and
// has no other way to ask.
func (e *engine) load(ctx context.Context, wasm []byte) (wazero.CompiledModule, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	cancel(errNotCached)
	return e.compile(ctx, wasm, 2)
}

// ofFiles tells the errors of a cache that cannot be written from those of
// modules.
func ofFiles(err error) bool {
	_, isPath := errors.AsType[*fs.PathError](err)
	_, isErrno := errors.AsType[syscall.Errno](err)
	return isPath || isErrno
}

// panicError is a panic of wazero that was recovered from.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("the runtime panics: %v", e.value) }

// Unwrap returns what it panicked with, if that is an error.
func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// guard makes a panic of wazero an error of the one module that it is about.
func guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p}
		}
	}()
	return do()
}
