// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"time"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
)

// instance is what one running copy of the module has of its own. In wasm
// there is one, in a native test one per emulator.
type instance struct {
	host     host
	settings any         // *T of Settings
	memory   map[any]any // by *Memory[T], *T
	requests buffers
}

// reconcileContext is the context of one call of the host.
type reconcileContext struct {
	context.Context
	in     *instance
	levels levels
}

type instanceKey struct{}

// Value returns the context itself for the SDK's own key.
func (c *reconcileContext) Value(key any) any {
	if _, own := key.(instanceKey); own {
		return c
	}
	return c.Context.Value(key)
}

func callFrom(ctx context.Context) *reconcileContext {
	if c, ok := ctx.(*reconcileContext); ok {
		return c
	}
	c, _ := ctx.Value(instanceKey{}).(*reconcileContext)
	return c
}

// instanceFrom returns the instance that the context belongs to.
func instanceFrom(ctx context.Context) *instance {
	if c := callFrom(ctx); c != nil {
		return c.in
	}
	return defaultInstance()
}

// answer is the status and the result of an operation. The bytes belong to
// the receiver.
type answer struct {
	status abi.Status
	b      []byte
}

// text returns the result as a string, which takes the bytes over.
func (a answer) text() string { return unsafe.String(unsafe.SliceData(a.b), len(a.b)) }

// failure returns the error that the answer is.
func (a answer) failure(op abi.Operation, r *resource, key Key) error {
	e := &APIError{Operation: op, Key: key, Status: a.status}
	if r != nil {
		e.Resource = r.name
	}
	var m abi.Error
	if err := m.Decode(a.b); err != nil {
		e.Message = err.Error()
		return e
	}
	e.Reason, e.Message, e.Causes = m.Reason, m.Message, m.Causes
	e.RetryAfter = time.Duration(m.RetryAfterSeconds) * time.Second
	return e
}

// mostKept is the largest memory that is kept for the next message.
const mostKept = 64 << 10

// perform performs an operation, one of the methods of in.
func (in *instance) perform(ctx context.Context, m message, operation func(context.Context, []byte) answer) answer {
	request := in.requests.take()
	request.b = m.Append(request.b)
	a := operation(ctx, request.b)
	if cap(request.b) <= mostKept {
		in.requests.put(request)
	}
	return a
}

// message is the parameter of an operation.
type message interface{ Append(b []byte) []byte }

// buffer is memory for a message.
type buffer struct{ b []byte }

// buffers keeps buffers that are not in use. An operation takes one and puts
// it back, so that one that begins while another is under way has its own.
type buffers struct{ free []*buffer }

func (s *buffers) take() *buffer {
	n := len(s.free)
	if n == 0 {
		return &buffer{b: make([]byte, 0, 512)}
	}
	taken := s.free[n-1]
	s.free = s.free[:n-1]
	return taken
}

func (s *buffers) put(b *buffer) {
	b.b = b.b[:0]
	s.free = append(s.free, b)
}
