// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fence

import "time"

// Drain lets no new request through from now on, and waits until every one that
// was has been sent and answered, at most for patience and never longer than
// the trust would have lasted. It is for a process that stops by itself, before
// [Fence.Revoke]: a write that is cut off may yet be performed, and then the
// lease must not be given to anybody.
func (f *Fence) Drain(patience time.Duration) {
	left, err := f.Remaining()
	if f.open || err != nil {
		return
	}
	idle := make(chan struct{})
	f.mu.Lock()
	f.drain.Store(true)
	f.idle = idle
	f.tellIdleLocked()
	f.mu.Unlock()
	timer := time.NewTimer(min(patience, left))
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	}
}

// tellIdleLocked tells Drain if no request is under way any more.
func (f *Fence) tellIdleLocked() {
	if f.idle != nil && len(f.requests) == 0 {
		close(f.idle)
		f.idle = nil
	}
}
