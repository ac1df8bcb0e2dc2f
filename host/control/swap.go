// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

// generation is one reconciler and the attempts that run on it. Its fields
// but the first are guarded by the mutex of its Controller.
type generation struct {
	reconciler Reconciler
	running    int
	retired    bool
	drained    chan struct{} // closed when retired and nothing runs any more
}

func newGeneration(r Reconciler) *generation {
	return &generation{reconciler: r, drained: make(chan struct{})}
}

// Swap replaces the reconciler. The queue lives on: keys that are taken from
// now on go to the new reconciler, also those that the old one fails from now
// on; one key is never on both at once. Since the new reconciler has not failed
// yet, failures are forgotten, keys that wait for a retry are added in the low
// lane, and a controller that Admit had paused goes on.
//
// The channel is closed when no attempt runs on the old reconciler any more.
func (c *Controller) Swap(r Reconciler) (drained <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.generation
	c.generation = newGeneration(r)
	c.admits = Unlimited
	old.retired = true
	old.checkDrainedLocked()
	c.retryAllLocked()
	c.hireLocked()
	return old.drained
}

func (c *Controller) retryAllLocked() {
	for key, n := range c.notes.entries {
		if n.failures == 0 {
			continue
		}
		c.setNoteLocked(key, note{waiting: n.waiting, due: n.due})
		if n.waiting {
			c.addLocked(key, true)
		}
	}
}

func (g *generation) leaveLocked() {
	g.running--
	g.checkDrainedLocked()
}

func (g *generation) checkDrainedLocked() {
	if g.retired && g.running == 0 {
		close(g.drained)
	}
}
