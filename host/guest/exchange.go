// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/abi"
)

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
