// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"

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

// decoder is a message that can be read from the wire.
type decoder interface{ Decode(b []byte) error }

// exchange calls an export with a message, nil for one without parameters, and
// decodes what it answers, unless answer is nil.
func (i *Instance) exchange(ctx context.Context, f api.Function, export string, message []byte, answer decoder) error {
	if !i.busy.CompareAndSwap(false, true) {
		return ErrBusy
	}
	defer i.busy.Store(false)
	if i.dead {
		return ErrDead
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := i.enter(ctx); err != nil {
		return err
	}
	defer i.leave()
	ctx, limit, cancel := i.bound(ctx, export)
	defer cancel()
	i.begin(ctx, limit)
	err := i.roundTrip(f, export, message, answer)
	i.finish(export, err)
	return err
}

func (i *Instance) roundTrip(f api.Function, export string, message []byte, answer decoder) error {
	if err := i.send(message); err != nil {
		return err
	}
	if err := i.invoke(f, export); err != nil || answer == nil {
		return err
	}
	b, err := i.receive()
	if err == nil {
		err = answer.Decode(b)
	}
	if err != nil {
		return i.garbage(export, err)
	}
	return nil
}

// invoke calls an export whose parameters are on i.stack, where it leaves the
// result.
func (i *Instance) invoke(f api.Function, export string) error {
	i.running = f
	err := f.CallWithStack(&i.call, i.stack[:])
	i.running = nil
	if err != nil {
		return i.trapped(export, err)
	}
	return nil
}

// send writes a message into memory that the guest allocates, and leaves its
// range on the stack. The guest owns the memory from the call on. An empty
// message needs none.
func (i *Instance) send(message []byte) error {
	i.stack = [2]uint64{}
	if len(message) == 0 {
		return nil
	}
	i.stack[0] = uint64(len(message))
	if err := i.invoke(i.alloc, abi.ExportAlloc); err != nil {
		return err
	}
	address := uint32(i.stack[0])
	if address == 0 {
		return i.garbage(abi.ExportAlloc, fmt.Errorf("no memory for %d bytes", len(message)))
	}
	if !i.guest.Memory().Write(address, message) {
		return i.garbage(abi.ExportAlloc, i.outside(address, uint32(len(message))))
	}
	i.stack[0], i.stack[1] = uint64(address), uint64(len(message))
	return nil
}

// receive returns the message whose range is on the stack. It aliases guest
// memory and is valid until the next call.
func (i *Instance) receive() ([]byte, error) {
	address, length := abi.UnpackRange(i.stack[0])
	if length == 0 {
		return nil, nil
	}
	if uint64(length) > uint64(i.options.MessageLimit) {
		return nil, fmt.Errorf("%d bytes, the limit is %d", length, i.options.MessageLimit)
	}
	message, ok := i.guest.Memory().Read(address, length)
	if !ok {
		return nil, i.outside(address, length)
	}
	return message, nil
}

// rangeError is an address and length that the guest's memory does not have.
type rangeError struct {
	address, length uint32
	size            uint64
}

func (e *rangeError) Error() string {
	return fmt.Sprintf("%d bytes at address 0x%x are outside the memory of %d bytes", e.length, e.address, e.size)
}

func (i *Instance) outside(address, length uint32) error {
	return &rangeError{address: address, length: length, size: i.MemoryBytes()}
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
