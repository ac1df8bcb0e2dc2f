// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import "context"

// Operator answers the operations of guests. It is the seam between the
// wasm binding of a guest and what stands behind it: the host's caches and
// API client, or an emulator in a test.
type Operator interface {
	// Operate performs one operation, other than log_enabled and take, which
	// the binding answers itself, and appends the result to buffer. With
	// StatusOK the result is the operation's, else an [Error]. The request
	// aliases guest memory and must not be retained, unless the operation is
	// one that sends it on: see [Operation.Sends]. Operate is called by
	// several instances at once; it must observe ctx.
	Operate(ctx context.Context, op Operation, request, buffer []byte) (Status, []byte)
	// LogEnabled reports whether a log line of this level would be kept.
	LogEnabled(ctx context.Context, level Level) bool
}
