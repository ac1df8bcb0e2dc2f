// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"runtime/debug"
	"time"
)

// defaultIdleAfter is long for what it takes to come back: a few milliseconds
// for an instance, and some more for the code of a large module.
const defaultIdleAfter = 30 * time.Second

// expire closes instances that are idle, and lets go of code that nobody uses,
// until ctx ends.
func (h *Host) expire(ctx context.Context) {
	tick := time.NewTicker(h.IdleAfter)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.expireOnce(ctx)
		}
	}
}

func (h *Host) expireOnce(ctx context.Context) {
	for _, v := range h.versions() {
		if err := v.pool.Expire(ctx); err != nil {
			h.Logger.Warn("What is idle is not closed", "plugin", v.plugin, "error", err)
		}
	}
}

// codeLoaded is told by the compiler when the code of an idle plugin came back.
func (h *Host) codeLoaded(took time.Duration, err error) { h.metrics.CodeLoaded(took, err == nil) }

// codeUnloaded is told by the compiler when the code of idle plugins has gone.
func (h *Host) codeUnloaded() {
	h.metrics.CodeUnloaded()
	h.sweep()
}

// sweepAfter is how long what a version held, or what it took to install it, may
// stay in memory: enough for the other plugins of a deployment.
const sweepAfter = 10 * time.Second

// sweep gives memory back to the system a little later, all that was closed by
// then. Compiled code and its description, twenty megabytes of a Go guest, are
// let go by finalizers, and an idle process would not run them for minutes.
func (h *Host) sweep() {
	if h.sweeping.CompareAndSwap(false, true) {
		time.AfterFunc(sweepAfter, func() {
			h.sweeping.Store(false)
			debug.FreeOSMemory()
		})
	}
}
