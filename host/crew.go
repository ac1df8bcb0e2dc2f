// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"log/slog"
	"sync"

	"github.com/wasm-controller-manager/wcm/host/control"
)

// crew runs controllers while this process leads. Controllers join and leave
// at any time; before the process leads they only fill their queues, so that
// a standby takes over warm.
type crew struct {
	logger *slog.Logger

	mu      sync.Mutex
	lead    context.Context                // nil unless the process leads; guarded by mu
	members map[*control.Controller]*shift // nil: not running; guarded by mu
	working sync.WaitGroup                 // one for each running member
}

// shift is one run of a member.
type shift struct {
	stop context.CancelFunc
	done chan struct{} // closed when the member has drained
}

func newCrew(logger *slog.Logger) *crew {
	return &crew{logger: logger, members: map[*control.Controller]*shift{}}
}

// join adds a controller, which runs as long as the process leads.
func (c *crew) join(member *control.Controller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members[member] = nil
	if c.lead != nil {
		c.startLocked(member)
	}
}

// leave stops a controller and waits until it has drained.
func (c *crew) leave(member *control.Controller) {
	c.mu.Lock()
	s := c.members[member]
	delete(c.members, member)
	c.mu.Unlock()
	if s != nil {
		s.stop()
		<-s.done
	}
}

// run starts all members and returns when ctx has ended and the last of them
// has drained. It may be called again, when a lease that was lost is won back.
func (c *crew) run(ctx context.Context) {
	c.mu.Lock()
	c.lead = ctx
	for member := range c.members {
		c.startLocked(member)
	}
	c.mu.Unlock()
	<-ctx.Done()
	c.mu.Lock()
	c.lead = nil
	c.mu.Unlock()
	c.working.Wait()
}

func (c *crew) startLocked(member *control.Controller) {
	ctx, stop := context.WithCancel(c.lead)
	s := &shift{stop: stop, done: make(chan struct{})}
	c.members[member] = s
	c.working.Go(func() { // ends with ctx; run and leave wait for it
		defer close(s.done)
		defer stop()
		if err := member.Run(ctx); err != nil {
			c.logger.Error("Controller did not drain", "error", err)
		}
	})
}
