// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// PoolOptions says what a pool is made of.
type PoolOptions struct {
	// Module is what the instances are copies of. The caller keeps it open
	// until Close has returned.
	Module *module.Module
	// Instance is for every instance. Its Operator and hooks are called by
	// several at once.
	Instance Options
	// Configuration is given to every instance before its first reconcile.
	Configuration abi.Configuration
	// Report is told what goes wrong where nobody waits for it: when an
	// instance that was given back collects its garbage or is closed. Nil:
	// dropped.
	Report func(error)
	// Size is how many instances there are at most; 0: one.
	Size int
	// Keep is how many idle instances Expire leaves.
	Keep int
}

// Pool hands out warm instances of one module for one plugin. It makes them
// when they are asked for, up to its size, hands out the one that was used
// last, and throws away the dead, and on Expire what is not needed. It is safe
// for concurrent use and starts no goroutine.
type Pool struct {
	options PoolOptions
	slots   chan struct{} // one for each instance in use or being made
	drained chan struct{} // closed when closed is set and used is 0

	mu     sync.Mutex
	idle   []*Instance // guarded by mu; the one used last at the end
	spare  int         // guarded by mu; so many of the first of them have been idle since the last Expire
	used   int         // guarded by mu
	asked  bool        // guarded by mu; by a Get since the last Expire
	closed bool        // guarded by mu
}

// NewPool returns an empty pool.
func NewPool(o PoolOptions) *Pool {
	return &Pool{options: o, slots: make(chan struct{}, max(o.Size, 1)), drained: make(chan struct{})}
}

// Get returns an instance that only the caller uses until he gives it to Put,
// also after an error. It waits while all are in use. The error of a guest
// that cannot be made or configured is returned as it is, and [ErrClosed]
// after Close.
func (p *Pool) Get(ctx context.Context) (*Instance, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	i, err := p.pop()
	if err != nil {
		<-p.slots
		return nil, err
	}
	if i != nil {
		return i, nil
	}
	if i, err = p.make(ctx); err != nil {
		p.giveBack(nil)
		return nil, err
	}
	return i, nil
}

// pop counts one more instance in use, and returns nil if it must be made.
func (p *Pool) pop() (*Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	p.used++
	p.asked = true
	last := len(p.idle) - 1
	if last < 0 {
		return nil, nil
	}
	i := p.idle[last]
	p.idle = slices.Delete(p.idle, last, last+1)
	p.spare = min(p.spare, last)
	return i, nil
}

func (p *Pool) make(ctx context.Context) (*Instance, error) {
	i, err := New(ctx, p.options.Module, p.options.Instance)
	if err != nil {
		return nil, err
	}
	if err := i.Configure(ctx, p.options.Configuration); err != nil {
		return nil, errors.Join(err, i.Close(context.WithoutCancel(ctx)))
	}
	return i, nil
}

// Put gives an instance back, after it has collected its garbage if it is time
// to; ctx gives values only. A dead instance is closed, and so is one whose
// memory has grown too large, and any after Close.
func (p *Pool) Put(ctx context.Context, i *Instance) {
	ctx = context.WithoutCancel(ctx)
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	recycle := !i.Dead() && i.overgrown()
	var err error
	if !closed && !recycle && !i.Dead() {
		err = i.Collect(ctx)
	}
	if recycle && p.options.Instance.Hooks.Recycled != nil {
		p.options.Instance.Hooks.Recycled()
	}
	if closed || recycle || i.Dead() {
		err = errors.Join(err, i.Close(ctx))
		i = nil
	}
	if err != nil && p.options.Report != nil {
		p.options.Report(err)
	}
	p.giveBack(i) // if Close began meanwhile, it finds the instance idle
}

// giveBack counts one instance in use less and keeps it, unless it is nil.
func (p *Pool) giveBack(i *Instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i != nil {
		p.idle = append(p.idle, i)
	}
	p.used--
	if p.closed && p.used == 0 {
		close(p.drained)
	}
	<-p.slots
}

// Expire closes the instances that have been idle since it was called last, but
// those to keep. If there was nothing to close and nobody has asked for an
// instance, it lets go of the module's code, which the next Get loads again, and of
// what its instances are copies of.
// Called by a clock, it leaves as much as there is work for.
func (p *Pool) Expire(ctx context.Context) error {
	p.mu.Lock()
	unused := !p.asked && p.used == 0 && len(p.idle) == 0 && !p.closed
	expired := p.removeLocked(min(p.spare, len(p.idle)-p.options.Keep))
	p.spare, p.asked = len(p.idle), false
	p.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	if unused {
		return errors.Join(DropSnapshot(p.options.Module, p.options.Instance), p.options.Module.Unload(ctx))
	}
	return closeAll(ctx, expired)
}

// removeLocked takes the n idle instances out that have not been used for longest.
func (p *Pool) removeLocked(n int) []*Instance {
	n = max(n, 0)
	removed := slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	p.spare = max(p.spare-n, 0)
	return removed
}

// Counts returns how many instances are idle and how many are in use.
func (p *Pool) Counts() (idle, used int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle), p.used
}

// Close refuses further Gets, waits until the instances in use have been given
// back, and closes them all. If ctx ends before, it closes what is idle and
// returns the context's error; it may be called again to wait on.
func (p *Pool) Close(ctx context.Context) error {
	p.mu.Lock()
	if !p.closed && p.used == 0 {
		close(p.drained)
	}
	p.closed = true
	p.mu.Unlock()
	var err error
	select {
	case <-p.drained:
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.mu.Lock()
	idle := p.removeLocked(len(p.idle))
	p.mu.Unlock()
	return errors.Join(err, closeAll(context.WithoutCancel(ctx), idle))
}

func closeAll(ctx context.Context, instances []*Instance) error {
	var err error
	for _, i := range instances {
		err = errors.Join(err, i.Close(ctx))
	}
	return err
}
