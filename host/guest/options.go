// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Options says how instances are made and watched. The zero value makes
// instances whose every operation is answered with StatusNotReady.
type Options struct {
	// Plugin is the name in errors, and the guest's only argument unless its
	// instances are copies of each other, which could be those of several plugins.
	Plugin string
	// Controllers are those of a module with several that the instance is to
	// have, which it is told by abi.ControllersVariable; empty: all of them.
	Controllers []string
	// Operator answers the operations; nil: StatusNotReady. It is called in
	// the goroutine of the call that the guest is in.
	Operator abi.Operator
	// Gate decides when the guest runs, if not at once; nil: at once.
	Gate Gate
	// MessageLimit bounds each message that the guest sends, in bytes; 0: 4 MiB.
	MessageLimit int
	// ResultLimit bounds each message that the guest receives, in bytes; 0: 64 MiB.
	ResultLimit int
	// MemoryLimit is the size in bytes to which the memory of an instance can
	// grow, rounded down to pages of 64 KiB; 0: 256 MiB.
	MemoryLimit uint64
	// RecycleAbove is the size of its memory, in bytes, above which a pool
	// throws an instance away after a call, since memory never shrinks. An
	// instance that needs half of its memory from the start is kept. 0: 64 MiB.
	RecycleAbove uint64
	// StartTimeout bounds each call of the guest that is no part of a request,
	// unless the context ends before: making an instance with its _initialize,
	// wcm_describe, wcm_configure, wcm_gc. 0: 10 s.
	StartTimeout time.Duration
	// CollectAfter is by how much memory may grow, in bytes, before
	// [Instance.Collect] collects the guest's garbage; 0: 8 MiB.
	CollectAfter uint64
	// Now is the time that the guest sees; nil: time.Now. Its monotonic clock,
	// by which it sleeps, is always the real one.
	Now func() time.Time
	// Output is told what the guest wrote to stdout and stderr during a call
	// that succeeded, the last of it; the text aliases a buffer. Nil: dropped.
	// After a call that failed the text stands in the error.
	Output func(ctx context.Context, text []byte)
	// OutputLimit is how much of that is kept, in bytes; 0: 8 KiB.
	OutputLimit int
	// Hooks observe; see there.
	Hooks Hooks
}

// Hooks observe instances, for metrics. Each may be nil. They are called in
// the goroutine of the call and must not block.
type Hooks struct {
	// Called is told each call of an export. Instantiation counts as
	// _initialize, and wcm_alloc to the call that it is for.
	Called func(Call)
	// Operated is told each operation that a guest called.
	Operated func(op abi.Operation, status abi.Status)
	// Instances is told by how many the number of instances changed.
	Instances func(delta int)
	// Recycled is told when a pool throws an instance away for the size of its
	// memory.
	Recycled func()
	// Memory is told by how many bytes the memory of an instance changed,
	// from its first page to its last: the sum is what all instances hold.
	Memory func(delta int64)
}

// Call is a call of an export that has ended.
type Call struct {
	Export string
	Took   time.Duration
	Fuel   uint64 // what it spent; 0 if the guest is not metered
	Died   bool   // the instance died of it
}

const (
	defaultMessageLimit = 4 << 20
	defaultResultLimit  = 64 << 20
	defaultOutputLimit  = 8 << 10
	defaultMemoryLimit  = 256 << 20
	defaultRecycleAbove = 64 << 20
	defaultStartTimeout = 10 * time.Second
	defaultCollectAfter = 8 << 20
)

func (o Options) withDefaults() Options {
	if o.Operator == nil {
		o.Operator = notReady{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MessageLimit == 0 {
		o.MessageLimit = defaultMessageLimit
	}
	if o.ResultLimit == 0 {
		o.ResultLimit = defaultResultLimit
	}
	if o.OutputLimit == 0 {
		o.OutputLimit = defaultOutputLimit
	}
	if o.MemoryLimit == 0 {
		o.MemoryLimit = defaultMemoryLimit
	}
	if o.RecycleAbove == 0 {
		o.RecycleAbove = defaultRecycleAbove
	}
	if o.StartTimeout == 0 {
		o.StartTimeout = defaultStartTimeout
	}
	if o.CollectAfter == 0 {
		o.CollectAfter = defaultCollectAfter
	}
	return o
}

// notReady is the Operator of an instance that has none.
type notReady struct{}

func (notReady) Operate(_ context.Context, op abi.Operation, _, buffer []byte) (abi.Status, []byte) {
	e := abi.Error{Message: op.String() + ": no operations here, only the module's description is wanted"}
	return abi.StatusNotReady, e.Append(buffer)
}

func (notReady) LogEnabled(context.Context, abi.Level) bool { return false }
