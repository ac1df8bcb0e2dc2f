// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/abi"
)

// HostFunction answers an operation of guests. It is what
// module.Options.Host wants.
func HostFunction(op abi.Operation) api.GoModuleFunction {
	switch op {
	case abi.OpTake:
		return api.GoModuleFunc(take)
	case abi.OpLogEnabled:
		return api.GoModuleFunc(logEnabled)
	}
	return operation(op)
}

// operation is the host function of one operation:
// (request, length, buffer, limit) → status<<32 | length of the result.
type operation abi.Operation

// Call makes operation an api.GoModuleFunction. What the guest can recover
// from is a status; a range outside of its memory is a trap, before the
// operation does anything.
func (o operation) Call(ctx context.Context, guest api.Module, stack []uint64) {
	op, i, memory := abi.Operation(o), instanceOf(ctx), guest.Memory()
	request := view(memory, op, "request", stack[0], stack[1])
	buffer := view(memory, op, "buffer", stack[2], stack[3])
	status := i.operate(op, request)
	stack[0] = i.deliver(op, status, i.result, buffer)
}

// deliver copies a result into the guest's buffer if it fits, else keeps it.
func (i *Instance) deliver(op abi.Operation, status abi.Status, result, buffer []byte) uint64 {
	if i.options.Hooks.Operated != nil {
		i.options.Hooks.Operated(op, status)
	}
	i.kept = nil
	if len(result) > len(buffer) {
		i.kept = result
	} else {
		copy(buffer, result)
	}
	return abi.PackResult(status, uint32(len(result)))
}

// operate leaves the result in i.result.
func (i *Instance) operate(op abi.Operation, request []byte) abi.Status {
	i.acted = true
	if len(request) > i.options.MessageLimit {
		return i.fail(abi.StatusTooLarge, op, fmt.Sprintf("a request of %d bytes, the limit is %d", len(request), i.options.MessageLimit))
	}
	if i.call.overdue() && !observes(op) {
		_, cause := i.call.ended()
		return i.fail(abi.StatusCanceled, op, cause.Error())
	}
	if op.Sends() {
		request = bytes.Clone(request)
	}
	var status abi.Status
	status, i.result = i.options.Operator.Operate(i.call.Context, op, request, i.result[:0])
	i.tank.waited()
	if status == abi.StatusCanceled {
		i.call.overdue()
	}
	if len(i.result) > i.options.ResultLimit {
		size := len(i.result)
		i.result = nil
		return i.fail(abi.StatusTooLarge, op, fmt.Sprintf("a result of %d bytes, the limit is %d", size, i.options.ResultLimit))
	}
	return status
}

// observes reports whether the operation only tells something, which a guest
// may do after its time is over.
func observes(op abi.Operation) bool { return op == abi.OpLog || op == abi.OpMetric }

func (i *Instance) fail(status abi.Status, op abi.Operation, message string) abi.Status {
	e := abi.Error{Message: op.String() + ": " + message}
	i.result = e.Append(i.result[:0])
	return status
}

// take fetches the result that did not fit into the buffer of the operation
// before: (buffer, limit) → status<<32 | length. One that does not fit again
// stays.
func take(ctx context.Context, guest api.Module, stack []uint64) {
	i := instanceOf(ctx)
	i.acted = true
	buffer := view(guest.Memory(), abi.OpTake, "buffer", stack[0], stack[1])
	status, result := abi.StatusOK, i.kept
	if result == nil {
		status = i.fail(abi.StatusBadRequest, abi.OpTake, "no result is kept")
		result = i.result
	}
	stack[0] = i.deliver(abi.OpTake, status, result, buffer)
}

// logEnabled is (level) → 0 or 1.
func logEnabled(ctx context.Context, _ api.Module, stack []uint64) {
	i, level := instanceOf(ctx), abi.Level(stack[0])
	i.acted = true
	stack[0] = 0
	if i.options.Operator.LogEnabled(i.call.Context, level) {
		stack[0] = 1
	}
}

var errForeignCall = errors.New("host function called outside of a call of package guest")

func instanceOf(ctx context.Context) *Instance {
	c, ok := ctx.(*call)
	if !ok {
		panic(errForeignCall)
	}
	return c.instance
}

// view returns a range of guest memory, or traps. An empty one may have any
// address.
func view(memory api.Memory, op abi.Operation, what string, address, length uint64) []byte {
	if uint32(length) == 0 {
		return nil
	}
	b, ok := memory.Read(uint32(address), uint32(length))
	if !ok {
		panic(&operandError{op: op, what: what, cause: rangeError{uint32(address), uint32(length), uint64(memory.Size())}})
	}
	return b
}

// operandError is a range outside of memory that a guest gave to an operation.
type operandError struct {
	op    abi.Operation
	what  string
	cause rangeError
}

func (e *operandError) Error() string {
	return fmt.Sprintf("%s: %s: %v", e.op, e.what, &e.cause)
}
