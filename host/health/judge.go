// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"slices"
	"time"
)

// Judge judges one version of a plugin. Make it with [New].
type Judge struct {
	policy      Policy
	began       time.Time
	predecessor bool      // it can be rolled back
	probation   time.Time // when it ends; zero until the first reconcile has ended
	proven      bool      // the probation has ended well
	controllers []controller
}

// New returns the judge of a version that begins now. The predecessor says
// whether there is a version to go back to.
func New(now time.Time, p Policy, controllers int, predecessor bool) *Judge {
	if p.Window == 0 {
		p.Window, predecessor = defaultWindow, false
	}
	return &Judge{policy: p, began: now, predecessor: predecessor, controllers: make([]controller, controllers)}
}

// Call counts a call that has ended, and says what follows.
func (j *Judge) Call(now time.Time, c Call) Step {
	if j.probation.IsZero() && !c.Map {
		j.probation = now.Add(j.policy.Window)
	}
	of := &j.controllers[c.Controller]
	switch of.state {
	case working:
		if because := of.count(now, c, j.policy); because != "" {
			return j.convict(now, c.Controller, because)
		}
	case trying:
		if c.Trapped {
			return of.quarantine(now, c.Controller, j.policy.Window, "it trapped again when it was tried")
		}
		of.release(now)
		return Step{Action: Release, Controller: c.Controller}
	case quarantined: // it had begun before
	}
	return Step{}
}

// convict rolls back if that is possible still.
func (j *Judge) convict(now time.Time, controller int, because string) Step {
	step := j.controllers[controller].quarantine(now, controller, j.policy.Window, because)
	if j.predecessor {
		step.Action, j.predecessor = RollBack, false
	}
	return step
}

// Advance says what follows from the time alone.
func (j *Judge) Advance(now time.Time) []Step {
	var steps []Step
	for i := range j.controllers {
		if c := &j.controllers[i]; c.state == quarantined && !now.Before(c.until) {
			c.state = trying
			steps = append(steps, Step{Action: Try, Controller: i})
		}
	}
	if j.onProbation() && !now.Before(j.probation) {
		steps = append(steps, j.endProbation(now))
	}
	return steps
}

// endProbation keeps the version unless one of its controllers did nothing but
// trap. Without a predecessor, the probation of such a version goes on.
func (j *Judge) endProbation(now time.Time) Step {
	broken := slices.IndexFunc(j.controllers, controller.broken)
	switch {
	case broken < 0:
		j.proven, j.predecessor = true, false
		return Step{Action: Keep}
	case j.predecessor:
		return j.convict(now, broken, j.controllers[broken].onlyTrapped())
	}
	j.probation = now.Add(j.policy.Window)
	return Step{}
}

func (j *Judge) onProbation() bool { return !j.proven && !j.probation.IsZero() }

// Next returns when to call Advance, the zero time if that is not foreseen.
func (j *Judge) Next() (next time.Time) {
	earliest := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if j.onProbation() {
		earliest(j.probation)
	}
	for i := range j.controllers {
		if c := &j.controllers[i]; c.state == quarantined {
			earliest(c.until)
		}
	}
	return next
}

// Suspect reports whether something speaks against going back to this version
// later: a controller in quarantine, or one that did nothing but trap.
func (j *Judge) Suspect() bool { return slices.ContainsFunc(j.controllers, controller.broken) }

// Settled reports whether the version can take the place of the last good one:
// it began a window ago and is not suspect. It may have made no calls, since a
// standby makes none.
func (j *Judge) Settled(now time.Time) bool {
	return !j.Suspect() && now.Sub(j.began) >= j.policy.Window
}

// Quarantined reports whether a controller is in quarantine, and until when it
// makes no calls. After that time it is being tried, or waits for a key to try.
func (j *Judge) Quarantined(controller int) (until time.Time, yes bool) {
	c := &j.controllers[controller]
	return c.until, c.state != working
}

// Paused reports whether a controller must not make calls.
func (j *Judge) Paused(controller int) bool { return j.controllers[controller].state == quarantined }
