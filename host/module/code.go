// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
)

// code is the compiled code of one digest.
type code struct {
	digest   Digest
	users    int    // guarded by Compiler.mu
	unloaded bool   // guarded by Compiler.mu; by a module that may want it again
	cancel   func() // ends the compilation
	backed   sync.Once
	backing  *backing // set by backed; nil if there is none

	woken bool // a module that was unloaded wants it

	snapshots snapshots

	done chan struct{} // closed when the fields below are set
	info *Info
	ready
	err error
}

// free frees the code, and waits for what is done with it.
func (c *code) free(ctx context.Context) error {
	c.cancel()
	<-c.done
	c.backing.stop()
	return errors.Join(c.snapshots.close(), c.close(ctx))
}

// source is what code is made of.
type source struct {
	info *Info  // nil if the module was not inspected yet
	file []byte // nil if it was compiled before: then it is in the cache
}

// wait waits for the code until ctx ends.
func (c *code) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// failed reports whether it is known that the code cannot be had.
func (c *code) failed() bool {
	select {
	case <-c.done:
		return c.err != nil
	default:
		return false
	}
}

// cached reports whether the code is there, and in the cache as well.
func (c *code) cached() bool {
	select {
	case <-c.done:
		return c.err == nil && c.engine.cache != nil
	default:
		return false
	}
}

// ready is code that can be instantiated.
type ready struct {
	engine   *engine
	compiled wazero.CompiledModule
	image    *Image // nil if it has none
	stats    Stats
}

// close frees what is there, if anything.
func (r *ready) close(ctx context.Context) error {
	if r.compiled == nil {
		return nil
	}
	return errors.Join(guard(func() error { return r.compiled.Close(ctx) }), r.image.close())
}

// make inspects a module if nobody has, and makes its code ready.
func (c *code) make(ctx context.Context, compiler *Compiler, from source) {
	if c.info = from.info; c.info == nil {
		if c.info, c.err = inspect(from.file, c.digest, compiler.options.Limits); c.err != nil {
			return
		}
	}
	if from.file == nil {
		c.ready, c.err = compiler.recover(ctx, c.digest)
		return
	}
	c.ready, c.err = compiler.compile(ctx, c.digest, from.file)
}

// compile makes the code of a module ready: from the cache, or by a child
// that fills the cache, or in this process.
func (c *Compiler) compile(ctx context.Context, d Digest, file []byte) (ready, error) {
	found, err := c.fromCache(ctx, d)
	if err == nil {
		return found, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNotCached) {
		c.options.Logger.Warn("Compiled module in the cache is not used", "digest", d.Short(), "error", err)
	}
	return c.compileInTurn(ctx, d, file)
}

// compileInTurn compiles a module when it is its turn.
func (c *Compiler) compileInTurn(ctx context.Context, d Digest, file []byte) (ready, error) {
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return ready{}, context.Cause(ctx)
	}
	start := time.Now()
	made, err := c.compileAnew(ctx, d, file)
	made.stats.Wall = time.Since(start)
	return made, err
}

// fromCache loads what was compiled before. The error is why that cannot be,
// [fs.ErrNotExist] if it never was.
func (c *Compiler) fromCache(ctx context.Context, d Digest) (ready, error) {
	if c.cache == nil {
		return ready{}, fs.ErrNotExist
	}
	start := time.Now()
	r, err := c.cache.find(d)
	if err != nil {
		return ready{}, err
	}
	m, err := c.loadAlone(ctx, r)
	if err != nil {
		return ready{}, err
	}
	return ready{c.cached, m, newImage(r.data), Stats{Wall: time.Since(start), Origin: FromCache, Size: r.size()}}, nil
}

// loadLocks is how many locks the names of codes are spread over.
const loadLocks = 64

// loadAlone loads code when nobody else is loading the same. Modules that differ
// only in what is not compiled, as their data, are one for wazero, which gives
// code that it is loading to others before it can be entered.
func (c *Compiler) loadAlone(ctx context.Context, r rewritten) (wazero.CompiledModule, error) {
	c.loading.LockKey(r.code)
	defer func() { _ = c.loading.UnlockKey(r.code) }() // never fails
	return c.cached.load(ctx, r.wasm)
}

func (c *Compiler) compileAnew(ctx context.Context, d Digest, file []byte) (ready, error) {
	stats, err := c.fill(ctx, d, file)
	if err == nil {
		var loaded ready
		if loaded, err = c.fromCache(ctx, d); err == nil {
			stats.Size = loaded.stats.Size
			loaded.stats = stats
			return loaded, nil
		}
		err = &storeError{err}
	}
	unkept, compiles := errors.AsType[*storeError](err)
	if !compiles {
		return ready{}, err
	}
	if c.cache != nil {
		c.warn("Modules are compiled twice, the second time without limits: what was compiled cannot be kept", unkept)
	}
	return c.compileHere(ctx, file, stats)
}

// fill compiles a module into the cache, in a child if there is one. The error
// is a [storeError] if the module is not in the cache for want of a place: a
// child has compiled it then all the same, so it does no harm.
func (c *Compiler) fill(ctx context.Context, d Digest, file []byte) (s Stats, err error) {
	s.Origin = FromProcess
	stage, stageErr := c.stage()
	if stageErr == nil {
		defer func() { _ = os.RemoveAll(stage) }() // what is left is swept later
	}
	switch {
	case c.child != nil:
		s.Origin = FromChild
		var missing []string
		s.Child, missing, err = c.child.build(ctx, file, c.options.Limits, stage)
		if len(missing) > 0 {
			c.warn("A compile child cannot give up all that it should", errors.New(strings.Join(missing, "; ")))
		}
	case stageErr == nil:
		err = build(ctx, file, c.options.Limits, stage)
	}
	if err != nil {
		return s, err
	}
	if stageErr == nil {
		stageErr = c.cache.publish(stage, d)
	}
	if stageErr != nil {
		return s, &storeError{stageErr}
	}
	return s, nil
}

func (c *Compiler) stage() (string, error) {
	if c.cache == nil {
		return "", errors.New("there is no cache")
	}
	return c.cache.stage()
}

// compileHere compiles a module in this process without keeping its code.
func (c *Compiler) compileHere(ctx context.Context, file []byte, s Stats) (ready, error) {
	s.Origin = FromProcess
	r, err := rewrite(file, c.options.Limits)
	if err != nil {
		return ready{}, err
	}
	e, err := c.uncachedEngine(ctx)
	if err != nil {
		return ready{}, err
	}
	s.Size = r.size()
	m, err := e.compile(ctx, r.wasm, compileWorkers)
	if err != nil {
		return ready{}, err
	}
	return ready{e, m, newImage(r.data), s}, nil
}

// uncachedEngine opens the engine for what cannot be kept when it is first needed.
func (c *Compiler) uncachedEngine(ctx context.Context) (_ *engine, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.uncached == nil {
		c.uncached, err = openHost(ctx, "", &c.options)
	}
	return c.uncached, err
}
