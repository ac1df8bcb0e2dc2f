// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"fmt"
	"reflect"

	"github.com/tetratelabs/wazero/api"
)

// maxStack is how large the stack of a call may be when the guest yields, in
// bytes: what a thread of a native program has on Linux.
const maxStack = 8 << 20

// stackSize returns the size of the stack that wazero holds for a function, 0
// if it cannot be seen. wazero lets it grow beyond 80 MiB, copying it each
// time, and has neither a setting nor a method for that; a field is all there
// is. TestSins fails when it goes away.
func stackSize(f api.Function) int {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return 0
	}
	stack := v.Elem().FieldByName("stack")
	if stack.Kind() != reflect.Slice {
		return 0
	}
	return stack.Len()
}

var errStack = fmt.Errorf("stack overflow: the limit is %d MiB", maxStack>>20)
