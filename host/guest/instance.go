// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// Instance is one running copy of a module. It is not safe for concurrent
// use: whoever got it from [New] or a [Pool] is its only caller.
type Instance struct {
	options Options
	module  *module.Module
	memory  *linearMemory
	guest   api.Module  // nil until instantiated, and when closed
	busy    atomic.Bool // a call or Close is in progress
	call    call        // the call in flight
	dead    bool

	from    *module.Snapshot // what it is a copy of; nil if it is none
	taken   *module.Snapshot // of the first one; nil if it must not be copied
	nobodys bool             // it is the first one and belongs to no plugin yet
	acted   bool             // it has done what its copies would not do again

	alloc     api.Function
	reconcile api.Function
	running   api.Function // nil outside of a call, and in a start function
	stack     [2]uint64    // parameters and results of a call of an export

	message []byte // the parameter of a call, reused
	outcome abi.Outcome
	result  []byte // the result of an operation, reused
	kept    []byte // part of result that take fetches; nil if there is none
	output  output
	tank    tank

	fresh uint64 // size of the memory of a new instance
	size  uint64 // of the memory when the hook was told last
	pacer pacer
}

// New makes an instance and initializes it, or makes it a copy of one that was
// initialized with the same, if the module allows that. It takes its own share of
// the module, whose code is loaded if it is not in memory. The caller closes the
// instance.
func New(ctx context.Context, m *module.Module, o Options) (*Instance, error) {
	for o = o.withDefaults(); ; {
		i, err := newInstance(ctx, m, o)
		if !errors.Is(err, os.ErrClosed) { // else the snapshot was given up meanwhile
			return i, err
		}
	}
}

func newInstance(ctx context.Context, m *module.Module, o Options) (*Instance, error) {
	share, err := m.Share(ctx)
	if err != nil {
		return nil, err
	}
	i := &Instance{options: o, module: share}
	if !share.Info.Copyable {
		return i.orClosed(ctx, i.start(ctx))
	}
	first := false
	i.from, err = share.Snapshot(ctx, o.origin(), func() (*module.Snapshot, error) {
		first = true
		return i.startFirst(ctx)
	})
	if err != nil || !first {
		if err == nil {
			err = i.start(ctx)
		}
		return i.orClosed(ctx, err)
	}
	if i.acted { // for nobody; now it is known that each is initialized by itself
		if err := i.Close(context.WithoutCancel(ctx)); err != nil {
			return nil, err
		}
		return newInstance(ctx, m, o)
	}
	i.belong(o)
	return i, nil
}

// orClosed returns the instance, or closes it after an error.
func (i *Instance) orClosed(ctx context.Context, err error) (*Instance, error) {
	if err != nil {
		return nil, errors.Join(err, i.Close(context.WithoutCancel(ctx)))
	}
	return i, nil
}

// start makes an instance of its options and its module.
func (i *Instance) start(ctx context.Context) (err error) {
	i.call.instance, i.output.limit = i, i.options.OutputLimit
	if i.memory, err = newLinearMemory(i.options.Plugin, i.module, i.from, i.options.MemoryLimit); err != nil {
		return err
	}
	if err := i.enter(ctx); err != nil {
		return err
	}
	defer i.leave()
	bounded, limit, cancel := i.bound(ctx, abi.ExportInitialize)
	defer cancel()
	i.begin(bounded, limit)
	err = i.instantiate(bounded)
	i.finish(abi.ExportInitialize, err)
	i.fresh = i.MemoryBytes()
	i.pacer = pacer{growth: i.options.CollectAfter, last: i.fresh}
	return err
}

// instantiate runs a start function and _initialize, if there are any, or makes
// the instance a copy.
func (i *Instance) instantiate(ctx context.Context) error {
	i.call.Context = experimental.WithMemoryAllocator(ctx, i.memory)
	guest, err := i.module.Instantiate(&i.call, i.config())
	i.call.Context = ctx
	if err != nil {
		return i.trapped("instantiation", err)
	}
	i.guest = guest
	if i.options.Hooks.Instances != nil {
		i.options.Hooks.Instances(1)
	}
	switch {
	case i.from != nil:
		err = i.restore()
	case i.nobodys:
		err = i.prepare()
	default:
		err = i.initialize()
	}
	if err != nil {
		return err
	}
	i.alloc = guest.ExportedFunction(abi.ExportAlloc)
	i.reconcile = guest.ExportedFunction(abi.ExportReconcile)
	return nil
}

func (i *Instance) initialize() error {
	f := i.guest.ExportedFunction(abi.ExportInitialize)
	if f == nil {
		return nil
	}
	return i.invoke(f, abi.ExportInitialize)
}

// config is what a guest finds around it: no files, no sockets, no input; the
// real time and randomness, which are not wazero's defaults. There is always
// an argument, since some programs index it without looking. Go's collector is
// off because Collect runs it between the calls.
func (i *Instance) config() wazero.ModuleConfig {
	config := wazero.NewModuleConfig().WithEnv("GOGC", "off")
	if len(i.options.Controllers) > 0 {
		config = config.WithEnv(abi.ControllersVariable, strings.Join(i.options.Controllers, ","))
	}
	name := i.options.Plugin
	if i.module.Info.Copyable {
		name = ""
	}
	return config.
		WithName(""). // any number of instances in one runtime
		WithStartFunctions().
		WithArgs(name).
		WithStdout(writer{i}).
		WithStderr(writer{i}).
		WithRandSource(random{i}).
		WithWalltime(i.walltime, sys.ClockResolution(time.Microsecond)).
		WithSysNanotime().
		WithNanosleep(i.sleep).
		WithOsyield(runtime.Gosched)
}

func (i *Instance) walltime() (seconds int64, nanoseconds int32) {
	now := i.options.Now()
	return now.Unix(), int32(now.Nanosecond())
}

// Module returns what is known of the module.
func (i *Instance) Module() *module.Info { return i.module.Info }

// MemoryBytes returns the size of the linear memory, 0 after Close.
func (i *Instance) MemoryBytes() uint64 {
	if i.guest == nil {
		return 0
	}
	return uint64(i.guest.Memory().Size())
}

// overgrown reports whether the memory is so large that a new instance is
// better than this one.
func (i *Instance) overgrown() bool {
	return i.MemoryBytes() > max(i.options.RecycleAbove, 2*i.fresh)
}

// Dead reports whether the instance can no longer be called.
func (i *Instance) Dead() bool { return i.dead }

// Close frees the instance. During a call it does nothing but return
// [ErrBusy]: the memory must not go away under running code. Closing the
// instance again does nothing.
func (i *Instance) Close(ctx context.Context) error {
	if !i.busy.CompareAndSwap(false, true) {
		return ErrBusy
	}
	defer i.busy.Store(false)
	if i.module == nil {
		return nil
	}
	var err error
	if i.guest != nil {
		err = i.guest.Close(ctx)
		i.guest, i.alloc, i.reconcile = nil, nil, nil
		i.resized()
		if i.options.Hooks.Instances != nil {
			i.options.Hooks.Instances(-1)
		}
	}
	if i.memory != nil {
		err = errors.Join(err, i.memory.release())
	}
	err = errors.Join(err, i.module.Close(ctx))
	i.module, i.dead = nil, true
	return err
}
