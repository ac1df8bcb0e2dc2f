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
	late     int // operations and sleeps since the context ended
}

func (c *call) begin(ctx context.Context) { c.Context, c.late = ctx, 0 }

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

// lateLimit is how often a guest may call the host after its context ended,
// each time answered with StatusCanceled: enough to log and return, not enough
// to go on in a loop.
const lateLimit = 64

// overdue reports whether the context has ended. It traps a guest that does
// not mind.
func (c *call) overdue() bool {
	if c.Err() == nil {
		return false
	}
	if c.late++; c.late > lateLimit {
		panic(errLate)
	}
	return true
}

var errLate = errors.New("it goes on calling the host")

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
	start := i.begin()
	err := i.roundTrip(ctx, f, export, message, answer)
	i.finish(ctx, export, start, err)
	return err
}

func (i *Instance) roundTrip(ctx context.Context, f api.Function, export string, message []byte, answer decoder) error {
	if err := i.send(ctx, message); err != nil {
		return err
	}
	if err := i.invoke(ctx, f, export); err != nil || answer == nil {
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
func (i *Instance) invoke(ctx context.Context, f api.Function, export string) error {
	i.call.begin(ctx)
	err := f.CallWithStack(&i.call, i.stack[:])
	i.call.end()
	if err != nil {
		return i.trapped(ctx, export, err)
	}
	return nil
}

// send writes a message into memory that the guest allocates, and leaves its
// range on the stack. The guest owns the memory from the call on. An empty
// message needs none.
func (i *Instance) send(ctx context.Context, message []byte) error {
	i.stack = [2]uint64{}
	if len(message) == 0 {
		return nil
	}
	i.stack[0] = uint64(len(message))
	if err := i.invoke(ctx, i.alloc, abi.ExportAlloc); err != nil {
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

// begin returns the time at which a call starts, if anyone wants to know.
func (i *Instance) begin() (start time.Time) {
	i.output.reset()
	if i.options.Hooks.Called != nil {
		start = time.Now()
	}
	return start
}

// finish tells the hooks of a call and puts the buffers back in order.
func (i *Instance) finish(ctx context.Context, export string, start time.Time, err error) {
	i.kept = nil
	if cap(i.result) > bufferLimit {
		i.result = nil
	}
	if cap(i.message) > bufferLimit {
		i.message = nil
	}
	i.resized()
	if i.options.Hooks.Called != nil {
		i.options.Hooks.Called(export, time.Since(start), err != nil)
	}
	if err == nil && i.options.Output != nil && len(i.output.buffer) > 0 {
		i.options.Output(ctx, i.output.text())
	}
}

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
func (i *Instance) trapped(ctx context.Context, function string, err error) error {
	i.die()
	stack, cause := splitTrap(err)
	return &TrapError{
		Plugin: i.options.Plugin, Digest: i.module.Info.Digest, Function: function,
		Cause: cause, Stack: stack, Stderr: string(i.output.text()), Context: ctx.Err(),
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
