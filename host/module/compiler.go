// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"k8s.io/utils/keymutex"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// Compiler compiles modules and owns the wazero runtimes in which their
// instances live.
type Compiler struct {
	options Options
	child   *child // nil: compile in this process
	cache   *cache // nil: compiled code is not kept
	cached  *engine
	places  chan struct{}     // holds a token per compilation under way
	warned  sync.Map          // messages that were logged
	loading keymutex.KeyMutex // by the name of code in the cache

	mu       sync.Mutex
	codes    map[Digest]*code // guarded by mu; what is compiled or being compiled, and wanted
	open     int              // guarded by mu; codes that are not closed, also those that are not wanted any more
	unloaded int              // guarded by mu; modules that are open and have no code
	closed   bool             // guarded by mu
	uncached *engine          // guarded by mu; for what cannot be kept; nil until it is needed
}

// ErrClosed says that the compiler or the module was closed before the call.
var ErrClosed = errors.New("module is closed")

// OpenCompiler opens the cache and instantiates the host's side: its
// operations and WASI. The caller closes the compiler.
func OpenCompiler(ctx context.Context, o Options) (_ *Compiler, err error) {
	if o.Limits == (wasm.Limits{}) {
		o.Limits = wasm.DefaultLimits()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	// Two at least, so that one module that is slow to compile does not hold
	// up all others; they have a lower priority than the host.
	c := &Compiler{options: o, codes: map[Digest]*code{}, places: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)/2)), loading: keymutex.NewHashed(loadLocks)}
	if len(o.Child) > 0 {
		c.child = &child{
			arguments: o.Child,
			timeout:   cmp.Or(o.CompileTimeout, defaultCompileTimeout),
			memory:    cmp.Or(o.CompileMemory, defaultCompileMemory),
		}
	}
	c.cache = c.openCache()
	defer func() {
		if err != nil {
			err = errors.Join(err, c.closeAll(ctx))
		}
	}()
	if c.cache == nil {
		_, err = c.uncachedEngine(ctx)
		return c, err
	}
	c.cached, err = openHost(ctx, c.cache.dir, &c.options)
	return c, err
}

// openCache opens the directory for compiled code, or does without one.
func (c *Compiler) openCache() *cache {
	if c.options.CacheDir != "" {
		opened, err := openCache(c.options.CacheDir)
		if err == nil {
			return opened
		}
		c.warn("Compiled modules are not kept: the cache directory cannot be used", err)
	}
	if c.child == nil {
		return nil
	}
	opened, err := temporaryCache()
	if err != nil {
		c.warn("Modules are compiled twice: there is no directory for what a child compiles", err)
		return nil
	}
	return opened
}

// warn logs a message the first time that it is true.
func (c *Compiler) warn(message string, problem error) {
	if _, again := c.warned.LoadOrStore(message, true); !again {
		c.options.Logger.Warn(message, "error", problem) //nolint:sloglint // one of the constants above
	}
}

// Compile inspects a module and compiles it, unless that of its digest has been done
// already; callers that come meanwhile wait for the same code. It ends with
// ctx, and the compilation with it if nobody else waits for it. The caller
// closes the module. The file must not be modified before Compile returns.
//
// The error is a [RefusedError] if the module is to blame.
func (c *Compiler) Compile(ctx context.Context, file []byte) (*Module, error) {
	start := time.Now()
	d := DigestOf(file)
	for {
		code, shared, err := c.acquire(ctx, d, source{file: file})
		if err != nil {
			return nil, err
		}
		err = code.wait(ctx)
		if err == nil {
			stats := code.stats
			if shared {
				stats = Stats{Wall: time.Since(start), Origin: FromMemory, Size: stats.Size}
			}
			return &Module{Info: code.info, Stats: stats, compiler: c, code: code}, nil
		}
		err = errors.Join(err, c.release(ctx, code))
		if _, lost := errors.AsType[*LostError](err); !lost || ctx.Err() != nil {
			return nil, err
		}
		// Another module of the digest was waking without the file. Here it is.
	}
}

func (c *Compiler) acquire(ctx context.Context, d Digest, from source) (_ *code, shared bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acquireLocked(ctx, d, from)
}

// acquireLocked counts one more user of a digest's code, and reports whether
// there are others. For the first one it starts the compilation, which ends with
// the last user.
func (c *Compiler) acquireLocked(ctx context.Context, d Digest, from source) (_ *code, shared bool, err error) {
	if c.closed {
		return nil, false, ErrClosed
	}
	entry, found := c.codes[d]
	if !found {
		compiling, cancel := context.WithCancel(context.WithoutCancel(ctx))
		entry = &code{digest: d, woken: from.file == nil, done: make(chan struct{}), cancel: cancel}
		c.codes[d] = entry
		c.open++
		go func() { // ends by cancel at the latest; its last user waits
			defer close(entry.done)
			entry.make(compiling, c, from)
			if entry.err != nil { // the next one tries again
				c.unlist(entry)
			}
		}()
	}
	entry.users++
	return entry, found, nil
}

// unlist makes the next user of a digest begin anew.
func (c *Compiler) unlist(entry *code) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes[entry.digest] == entry {
		delete(c.codes, entry.digest)
	}
}

// release counts one user less. After the last one it ends the compilation and
// closes the code.
func (c *Compiler) release(ctx context.Context, entry *code) error {
	c.mu.Lock()
	entry.users--
	last := entry.users == 0
	if last && c.codes[entry.digest] == entry {
		delete(c.codes, entry.digest)
	}
	c.mu.Unlock()
	if !last {
		return nil
	}
	err := entry.free(ctx)
	c.mu.Lock()
	c.open--
	c.mu.Unlock()
	if entry.unloaded && c.options.Unloaded != nil { // nobody writes it any more
		c.options.Unloaded()
	}
	return err
}

// Close closes the runtimes. It refuses, and closes nothing, while a module is
// open: an instance whose memory goes away under a running call would take the
// process with it.
func (c *Compiler) Close(ctx context.Context) error {
	c.mu.Lock()
	open := c.open + c.unloaded
	if open == 0 {
		c.closed = true
	}
	c.mu.Unlock()
	if open > 0 {
		return fmt.Errorf("close compiler: %d modules are open", open)
	}
	return c.closeAll(ctx)
}

func (c *Compiler) closeAll(ctx context.Context) error {
	var problems []error
	for _, e := range []*engine{c.cached, c.uncached} {
		if e != nil {
			problems = append(problems, e.close(ctx))
		}
	}
	if c.cache != nil {
		problems = append(problems, c.cache.close())
	}
	return errors.Join(problems...)
}
