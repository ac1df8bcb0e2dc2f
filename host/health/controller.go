// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"cmp"
	"fmt"
	"time"
)

// The back-off of a controller that traps whenever it is tried.
const (
	leastBackoff = 10 * time.Second
	mostBackoff  = 15 * time.Minute
)

// state is where a controller is. It goes from working to quarantined, from
// there to trying, and from there to one of the others.
type state uint8

const (
	working state = iota
	quarantined
	trying
)

// controller is what is known of one controller of a version.
type controller struct {
	reconciles, maps tally // of the present window each

	state    state
	until    time.Time     // when quarantined turns into trying
	backoff  time.Duration // the last one
	released time.Time
}

// count counts a call, and says what makes the controller broken, if it is.
func (c *controller) count(now time.Time, call Call, p Policy) (because string) {
	if call.Map {
		return c.maps.count(now, call, p, "calls of wcm_map")
	}
	return c.reconciles.count(now, call, p, "requests")
}

// quarantine doubles the back-off if the last one was of no use.
func (c *controller) quarantine(now time.Time, index int, window time.Duration, because string) Step {
	again := c.state == trying || c.backoff > 0 && now.Sub(c.released) < window
	if !again {
		c.backoff = 0
	}
	c.backoff = min(max(2*c.backoff, leastBackoff), mostBackoff)
	c.state, c.until = quarantined, now.Add(c.backoff)
	c.reconciles, c.maps = tally{}, tally{}
	return Step{Action: Quarantine, Controller: index, Backoff: c.backoff, Because: because}
}

func (c *controller) release(now time.Time) { c.state, c.released = working, now }

// broken reports whether the controller is no good so far.
func (c controller) broken() bool { return c.state != working || c.onlyTrapped() != "" }

// onlyTrapped says so if all calls of one kind trapped in the present window.
func (c controller) onlyTrapped() string {
	return cmp.Or(c.reconciles.onlyTrapped(), c.maps.onlyTrapped())
}

// tally counts the calls of one kind in one window, which begins with a call.
type tally struct {
	begun            time.Time
	requests, broken int // requests, and those that trapped
	calls, traps     int // the same of all calls, retries included
}

func (t *tally) count(now time.Time, call Call, p Policy, noun string) (because string) {
	if t.calls > 0 && now.Sub(t.begun) >= p.Window {
		because = t.onlyTrapped()
		*t = tally{}
	}
	if t.calls == 0 {
		t.begun = now
	}
	t.add(call)
	switch {
	case because != "" && call.Trapped: // too seldom to be enough for one window
		return because
	case t.requests >= p.Requests && float64(t.broken) >= p.Share*float64(t.requests):
		return fmt.Sprintf("%d of %d %s trapped", t.broken, t.requests, noun)
	}
	return ""
}

func (t *tally) add(call Call) {
	t.calls++
	if call.Trapped {
		t.traps++
	}
	if call.Retry {
		return
	}
	t.requests++
	if call.Trapped {
		t.broken++
	}
}

func (t *tally) onlyTrapped() string {
	switch {
	case t.traps == 0 || t.traps < t.calls:
		return ""
	case t.calls == 1:
		return "its only call trapped"
	}
	return fmt.Sprintf("all of %d calls trapped", t.calls)
}
