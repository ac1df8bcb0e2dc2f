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
	c.hireLocked()
}
