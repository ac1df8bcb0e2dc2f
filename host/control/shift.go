// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"sync"
	"time"
)

// shift is the workers of one Run.
type shift struct {
	attempts context.Context // of their attempts
	group    sync.WaitGroup
	workers  int // guarded by the Controller's mutex
}

// hireLocked starts workers for keys that may be taken and that no worker is
// free to take. A worker ends when it finds no key, so that a controller without
// work has no goroutine but Run's. The caller holds the mutex, and calls it after
// whatever lets a key be taken.
func (c *Controller) hireLocked() {
	s := c.shift
	if s == nil || c.stopping || c.admits == 0 {
		return
	}
	for s.workers < c.concurrency && s.workers-c.running < c.queue.len() {
		s.workers++
		s.group.Go(func() { c.workOn(s) })
	}
}

// delayLocked adds a key after a time; at once if that is not positive.
func (c *Controller) delayLocked(key Key, after time.Duration) {
	c.delayed++
	if after <= 0 {
		c.addLocked(key, false)
		return
	}
	if !c.delays.add(key, time.Now().Add(after)) {
		return
	}
	if c.timer == nil {
		c.timer = time.AfterFunc(after, c.addDue)
		return
	}
	c.timer.Reset(after)
}

// addDue adds the keys whose time has come. It is what the timer does.
func (c *Controller) addDue() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for {
		key, ok := c.delays.take(now)
		if !ok {
			break
		}
		c.addLocked(key, false)
	}
	if at, ok := c.delays.first(); ok {
		c.timer.Reset(at.Sub(now))
	}
}

// forgetDelaysLocked ends the Run's timer. One that has fired finds nothing due.
func (c *Controller) forgetDelaysLocked() {
	c.delays = delays{}
	if c.timer != nil {
		c.timer.Stop()
	}
}
