// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// call is the context that an instance's calls run in. wazero hands it to the
// host functions, which find their instance by it: one type assertion, no map,
// no lock, no allocation. It lives in the instance and holds the caller's
// context only while a call is in flight.
type call struct {
	context.Context
	instance *Instance
	started  time.Time
	deadline time.Time // zero: none
	limit    string    // what set the deadline
}

func (c *call) begin(ctx context.Context, limit string, now time.Time) {
	c.Context, c.limit, c.started = ctx, limit, now
	c.deadline, _ = ctx.Deadline()
}

func (c *call) end() { c.Context = nil }

// Value hides the caller's values from wazero, which asks for its options in
// every call and would walk up the whole chain of contexts twice. They mean
// something while an instance is made only. Operators get the caller's context
// itself.
func (c *call) Value(key any) any {
	if c.instance.guest != nil {
		return nil
	}
	return c.Context.Value(key)
}

// over reports whether the call's time is over. It looks at the clock: the
// timer of a context fires late on a busy machine.
func (c *call) over(now time.Time) bool {
	return !c.deadline.IsZero() && !now.Before(c.deadline) || c.Err() != nil
}

// ended says with what error and what cause the call's time is over. The
// context may not know it yet.
func (c *call) ended() (err, cause error) {
	if err := c.Err(); err != nil {
		return err, context.Cause(c.Context)
	}
	return context.DeadlineExceeded, context.DeadlineExceeded
}

// ration returns what of a slice can be used up before the deadline.
func (c *call) ration(slice int64, now time.Time) int64 {
	if c.deadline.IsZero() {
		return slice
	}
	left := c.deadline.Sub(now)
	if left >= sliceTime {
		return slice
	}
	return max(slice*int64(left)/int64(sliceTime), leastFuel)
}

// errOverdue stops a guest whose time is over. It does not leave the package.
var errOverdue = errors.New("its time is over")

// overdue reports whether the call's time is over, to the host functions that
// tell the guest. It stops a guest that has been told and does not return.
func (c *call) overdue() bool {
	if !c.over(time.Now()) {
		return false
	}
	t := &c.instance.tank
	if t.told(); t.exhausted() {
		panic(errOverdue)
	}
	return true
}

// The names of what bounds a call, for people: a limit of the plugin, which is
// the deadline that the caller gives, and Options.StartTimeout.
const (
	limitReconcile = "reconcileTimeout"
	limitStart     = "startTimeout"
)

// bound gives calls that are no part of a request a deadline of their own,
// unless the caller's is earlier. The caller calls cancel after the call.
func (i *Instance) bound(ctx context.Context, export string) (_ context.Context, limit string, cancel context.CancelFunc) {
	if export == abi.ExportReconcile || export == abi.ExportMap {
		return ctx, limitReconcile, func() {}
	}
	timeout := i.options.StartTimeout
	if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < timeout {
		return ctx, limitReconcile, func() {}
	}
	ctx, cancel = context.WithTimeout(ctx, timeout)
	return ctx, limitStart, cancel
}

// begin starts a call.
func (i *Instance) begin(ctx context.Context, limit string) {
	now := time.Now()
	i.output.reset()
	i.tank.start(now)
	i.call.begin(ctx, limit, now)
}

// finish ends a call: it tells the hooks and puts the buffers back in order.
func (i *Instance) finish(export string, err error) {
	i.tank.settle()
	i.kept = nil
	if cap(i.result) > bufferLimit {
		i.result = nil
	}
	if cap(i.message) > bufferLimit {
		i.message = nil
	}
	i.resized()
	if i.options.Hooks.Called != nil {
		i.options.Hooks.Called(Call{export, time.Since(i.call.started), i.tank.spent, err != nil})
	}
	if err == nil && i.options.Output != nil && len(i.output.buffer) > 0 {
		i.options.Output(i.call.Context, i.output.text())
	}
	i.call.end()
}

// Fuel returns what the last call has spent, 0 if the guest is not metered.
func (i *Instance) Fuel() uint64 { return i.tank.spent }

// bufferLimit is the size up to which a buffer is kept between calls, in bytes.
const bufferLimit = 256 << 10

func (i *Instance) resized() {
	size := i.MemoryBytes()
	if i.options.Hooks.Memory != nil && size != i.size {
		i.options.Hooks.Memory(int64(size) - int64(i.size))
	}
	i.size = size
}

// trapped kills the instance and says why.
func (i *Instance) trapped(function string, err error) error {
	i.die()
	stack, cause := splitTrap(err)
	stderr := string(i.output.text())
	if errors.Is(cause, errOverdue) {
		i.tank.settle()
		err, cause := i.call.ended()
		return &TimeoutError{
			Plugin: i.options.Plugin, Digest: i.module.Info.Digest, Function: function,
			After: time.Since(i.call.started), Limit: i.call.limit, Fuel: i.tank.spent,
			Context: err, Cause: cause, Stack: stack, Stderr: stderr,
		}
	}
	return &TrapError{
		Plugin: i.options.Plugin, Digest: i.module.Info.Digest, Function: function,
		Cause: cause, Stack: stack, Stderr: stderr, Context: i.call.Err(),
	}
}

// garbage kills the instance for an answer that is none.
func (i *Instance) garbage(function string, cause error) error {
	i.die()
	return &ResultError{Plugin: i.options.Plugin, Digest: i.module.Info.Digest, Function: function, Cause: cause}
}

// die drops the function handles at once: after a runaway recursion each
// holds a stack of many megabytes.
func (i *Instance) die() { i.dead, i.alloc, i.reconcile = true, nil, nil }
