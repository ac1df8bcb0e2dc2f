// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"log/slog"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// Options configures a [Compiler].
type Options struct {
	// CacheDir is where compiled code is kept over restarts; it is made if it
	// does not exist. Whoever can write there can make the host run what he
	// likes, so a directory that others can write is not used, nor one that
	// this process cannot write: then, and if it is empty, code is kept for
	// this process alone, if modules are compiled in a child, else not at all.
	CacheDir string
	// Child are the arguments with which the main function of this program
	// calls [CompileMain]. Nil: modules are compiled in this process, where
	// nothing limits what that takes.
	Child []string
	// CompileTimeout is how much processor time a child may take, and ten
	// times that by the clock; 0: a minute.
	CompileTimeout time.Duration
	// CompileMemory is how much memory a child may take, in bytes; 0: 2 GiB.
	CompileMemory int64
	// Limits bound what a module may have, before anything is done with it.
	// The zero value stands for [wasm.DefaultLimits].
	Limits wasm.Limits
	// Yield is called by guests whose fuel is used up: () i64, the new fuel.
	// Nil: modules can be compiled, but not instantiated.
	Yield api.GoModuleFunction
	// Host returns what answers an operation of guests, once per operation
	// when the compiler is opened. Nil: modules can be compiled, but those
	// that import an operation cannot be instantiated.
	Host func(abi.Operation) api.GoModuleFunction
	// Logger is told, once each, what the compiler has to do without. Nil: nobody is.
	Logger *slog.Logger
	// Source returns the file of a module that was unloaded and is no longer in
	// the cache. Nil: such a module is lost.
	Source func(Digest) ([]byte, error)
	// Loaded is told when the code of a module that was unloaded has been loaded
	// again, or why it cannot be; Unloaded when code has been freed after Unload.
	// Nil: nobody is. They are called by several at once and must not block.
	Loaded   func(took time.Duration, err error)
	Unloaded func()
}
