// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import "time"

// pausing returns the conditions of a Deployment with what a pause, or its end,
// means for the progress: the deadline starts again when the Deployment is
// resumed. A deadline that was exceeded before stays exceeded.
func pausing(d *Deployment, now time.Time) conditions {
	is := conditions(d.Status.Conditions)
	progressing := is.get(conditionProgressing)
	if _, exists := d.deadline(); !exists || progressing != nil && progressing.Reason == reasonExceeded {
		return is
	}
	paused := progressing != nil && progressing.Reason == reasonPaused
	switch {
	case d.Spec.Paused && !paused:
		return is.with(conditionProgressing, isUnknown, reasonPaused, "Deployment is paused", now)
	case !d.Spec.Paused && paused:
		return is.with(conditionProgressing, isUnknown, reasonResumed, "Deployment is resumed", now)
	}
	return is
}

// progress returns the conditions of status with what the rollout has come to.
// d has the status from before.
func progress(d *Deployment, f family, status *Status, now time.Time) conditions {
	is := conditions(status.Conditions)
	if _, exists := d.deadline(); !exists {
		return is.without(conditionProgressing)
	}
	was := is.get(conditionProgressing)
	if was != nil && was.Reason == reasonComplete && status.Replicas == status.UpdatedReplicas {
		return is // no rollout goes on, only pods come and go
	}
	name := "Deployment " + quote(d.Name)
	if f.current != nil {
		name = "ReplicaSet " + quote(f.current.Name)
	}
	switch {
	case complete(d, status):
		return is.with(conditionProgressing, isTrue, reasonComplete, name+" has successfully progressed.", now)
	case moved(&d.Status, status):
		return is.touched(conditionProgressing, isTrue, reasonUpdated, name+" is progressing.", now)
	case exceeded(d, was, now):
		return is.with(conditionProgressing, isFalse, reasonExceeded, name+" has timed out progressing.", now)
	}
	return is
}

func quote(s string) string { return `"` + s + `"` }

// complete reports whether all pods are updated and available, and no others
// are left.
func complete(d *Deployment, s *Status) bool {
	wants := d.replicas()
	return s.UpdatedReplicas == wants && s.Replicas == wants && s.AvailableReplicas == wants &&
		s.ObservedGeneration >= d.Generation
}

// moved reports whether there are more new, ready or available pods than
// before, or fewer old ones.
func moved(before, after *Status) bool {
	return after.UpdatedReplicas > before.UpdatedReplicas ||
		after.Replicas-after.UpdatedReplicas < before.Replicas-before.UpdatedReplicas ||
		after.ReadyReplicas > before.ReadyReplicas ||
		after.AvailableReplicas > before.AvailableReplicas
}

// exceeded reports whether the last progress is longer ago than the deadline.
// A rollout that was complete has no deadline before the next one has begun.
func exceeded(d *Deployment, progressing *Condition, now time.Time) bool {
	if progressing == nil || progressing.Reason == reasonComplete {
		return false
	}
	seconds, exists := d.deadline()
	return exists && (progressing.Reason == reasonExceeded ||
		progressing.LastUpdateTime.Add(time.Duration(seconds)*time.Second).Before(now))
}

// nextCheck returns after what time to see whether the deadline is exceeded, 0
// if nothing is to be expected.
func nextCheck(d *Deployment, status *Status, now time.Time) time.Duration {
	progressing := conditions(status.Conditions).get(conditionProgressing)
	seconds, exists := d.deadline()
	if !exists || progressing == nil || d.Spec.Paused || complete(d, status) {
		return 0
	}
	if progressing.Reason == reasonExceeded || progressing.Reason == reasonComplete {
		return 0
	}
	left := progressing.LastUpdateTime.Add(time.Duration(seconds) * time.Second).Sub(now)
	return max(left, 0) + time.Second // the deadline must be over, and is kept in seconds
}
