// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

// Unlimited lets [Controller.Admit] admit keys as they come.
const Unlimited = -1

// Admit lets the workers take n more keys, whatever it was told before:
// 0 pauses the controller, 1 lets it try one key, Unlimited is how it starts.
// Other keys wait in the queue, which goes on taking them. Attempts in flight
// are left alone. It may be called during an attempt.
func (c *Controller) Admit(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.admits = n
	c.admitted.Broadcast()
}

// takeAdmissionLocked reports whether a worker of w may take a key now.
func (c *Controller) takeAdmissionLocked(w *work) bool {
	if c.work != w || c.stopping || c.admits == 0 {
		return false
	}
	if c.admits > 0 {
		c.admits--
	}
	return true
}

// awaitAdmissionLocked waits until a worker of w may take a key or should end.
func (c *Controller) awaitAdmissionLocked(w *work) {
	for c.work == w && !c.stopping && c.admits == 0 {
		c.admitted.Wait()
	}
}
