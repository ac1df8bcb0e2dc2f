// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"
)

const (
	phasePending     = "Pending"
	phaseRunning     = "Running"
	phaseSucceeded   = "Succeeded"
	defaultScheduler = "default-scheduler"
)

// action is the next thing that happens to a pod.
type action int

const (
	actionNone   action = iota // nothing, or not yet
	actionBind                 // it gets a node
	actionStart                // its node accepts it; the containers are being created
	actionRun                  // its containers run and are ready
	actionReady                // they are, though somebody said they were not
	actionFinish               // its containers have exited
	actionRemove               // it was deleted and its containers have ended
)

// step is an action, or with actionNone the time until there is one; no time
// means that only a change of the pod brings one about.
type step struct {
	action action
	wait   time.Duration
}

// next decides what happens to a pod now.
func (s *Settings) next(p *Pod, now time.Time) step {
	switch {
	case p.Spec.NodeName == "":
		return step{action: s.unbound(p)}
	case s.index(p.Spec.NodeName) < 0:
		return step{} // it lives on somebody else's node
	case p.Deleting():
		return after(p.deletedAt(), min(s.terminationDelay, p.grace()), now, actionRemove)
	}
	switch p.Status.Phase {
	case "", phasePending:
		return s.pending(p, now)
	case phaseRunning:
		return p.running(now)
	}
	return step{} // finished
}

func (s *Settings) unbound(p *Pod) action {
	if s.Bind && !p.Deleting() && p.Spec.SchedulerName == defaultScheduler && len(p.Spec.SchedulingGates) == 0 {
		return actionBind
	}
	return actionNone
}

func (s *Settings) pending(p *Pod, now time.Time) step {
	switch missing := p.lacksImage(); {
	case s.startupDelay == 0 && !missing:
		return step{action: actionRun}
	case p.Status.StartTime.IsZero():
		return step{action: actionStart}
	case missing:
		return step{} // until somebody sets another image
	}
	return after(p.Status.StartTime.Time, s.startupDelay, now, actionRun)
}

// lacksImage reports whether an image of the pod is one that cannot be pulled.
func (p *Pod) lacksImage() bool {
	return slices.ContainsFunc(p.Spec.Containers, func(c Container) bool { return c.missing() })
}

// running ends a pod that says when it exits, unless its containers are to be
// restarted for ever. One that was given up with its node is ready again.
func (p *Pod) running(now time.Time) step {
	if p.condition("Ready") == "False" {
		return step{action: actionReady}
	}
	lifetime, err := time.ParseDuration(p.Hints.Annotations.ExitAfter)
	if err != nil || p.Spec.RestartPolicy == "Always" {
		return step{}
	}
	return after(p.Status.StartTime.Time, lifetime, now, actionFinish)
}

// after takes the action once the delay since t is over.
func after(t time.Time, delay time.Duration, now time.Time, a action) step {
	if wait := t.Add(delay).Sub(now); wait > 0 {
		return step{wait: wait}
	}
	return step{action: a}
}

// grace returns how long the pod may take to end.
func (p *Pod) grace() time.Duration {
	return time.Duration(p.Hints.DeletionGracePeriodSeconds) * time.Second
}

// deletedAt returns when the pod was deleted; its deletionTimestamp is when
// the grace period ends.
func (p *Pod) deletedAt() time.Time { return p.DeletionTimestamp.Add(-p.grace()) }
