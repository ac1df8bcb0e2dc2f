// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"crypto/rand"
	"time"
)

// What a guest reaches through WASI is bounded by the call's time as well: one
// call of fd_write can have millions of buffers, and one of random_get ask for
// all of the memory.

// sleep is a guest's sleep. It ends with the call's context.
func (i *Instance) sleep(nanoseconds int64) {
	i.acted = true
	i.tank.waited()
	if i.call.overdue() {
		return
	}
	i.leave()
	// Whatever becomes of the call's context: a guest that returns computes too.
	defer func() { _ = i.enter(context.WithoutCancel(i.call.Context)) }()
	timer := time.NewTimer(time.Duration(nanoseconds))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-i.call.Done():
	}
}

// writer is stdout and stderr.
type writer struct{ instance *Instance }

// Write never fails.
func (w writer) Write(p []byte) (int, error) {
	w.instance.acted = true
	w.instance.call.overdue()
	return w.instance.output.Write(p)
}

// random is the source of randomness.
type random struct{ instance *Instance }

// Read gives at most 64 KiB at once.
func (r random) Read(p []byte) (int, error) {
	r.instance.call.overdue()
	return rand.Read(p[:min(len(p), 64<<10)])
}
