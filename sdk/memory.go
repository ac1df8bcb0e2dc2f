// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import "context"

// Memory is what one instance of the plugin remembers from call to call, a T.
// It starts as the zero T in each new instance. Instances come and go as the
// host sees fit, and several may be at work, each with a memory of its own,
// unless the operator's file limits them to one: that one stays while it is well,
// however little there is to do. So keep in it only what may be forgotten: what
// has been observed, never what has been decided.
type Memory[T any] struct{ _ byte } // of some size, so that each has an address of its own

// NewMemory declares a memory.
func NewMemory[T any]() *Memory[T] { return &Memory[T]{} }

// Get returns the T of this instance. It is the caller's until the call ends.
func (m *Memory[T]) Get(ctx context.Context) *T {
	in := instanceFrom(ctx)
	if remembered, ok := in.memory[m].(*T); ok {
		return remembered
	}
	if in.memory == nil {
		in.memory = map[any]any{}
	}
	remembered := new(T)
	in.memory[m] = remembered
	return remembered
}
