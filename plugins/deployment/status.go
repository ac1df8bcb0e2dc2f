// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"slices"
	"time"
)

// observe returns the status of a Deployment with these ReplicaSets. The
// conditions are those that the Deployment has, with Available brought up to
// date.
func observe(d *Deployment, f family, now time.Time) Status {
	all := f.all()
	status := Status{
		ObservedGeneration:  d.Generation,
		Replicas:            sum(all, present),
		ReadyReplicas:       sum(all, ready),
		AvailableReplicas:   sum(all, available),
		TerminatingReplicas: terminating(all),
		CollisionCount:      d.Status.CollisionCount,
	}
	status.UnavailableReplicas = max(0, sum(all, wanted)-status.AvailableReplicas)
	if f.current != nil {
		status.UpdatedReplicas = f.current.Status.Replicas
	}
	is := conditions(d.Status.Conditions)
	if status.AvailableReplicas >= d.minAvailable() {
		is = is.with(conditionAvailable, isTrue, reasonAvailable, "Deployment has minimum availability.", now)
	} else {
		is = is.with(conditionAvailable, isFalse, reasonUnavailable, "Deployment does not have minimum availability.", now)
	}
	status.Conditions = is
	return status
}

// failure returns the conditions with ReplicaFailure as the ReplicaSets have
// it, the current one before the others.
func failure(is conditions, f family, now time.Time) conditions {
	sets := f.all()
	slices.Reverse(sets)
	for _, rs := range sets {
		for _, c := range rs.Status.Conditions {
			if c.Type != conditionReplicaFailure {
				continue
			}
			at := c.LastTransitionTime.Time
			if at.IsZero() {
				at = now
			}
			return is.with(c.Type, c.Status, c.Reason, c.Message, at)
		}
	}
	return is.without(conditionReplicaFailure)
}

// equal reports whether writing b over a would change nothing.
func equal(a, b *Status) bool {
	return a.counts() == b.counts() &&
		equalOptional(a.TerminatingReplicas, b.TerminatingReplicas) &&
		equalOptional(a.CollisionCount, b.CollisionCount) &&
		slices.EqualFunc(a.Conditions, b.Conditions, equalCondition)
}

// counts is the part of the status that can be compared.
func (s *Status) counts() [6]int64 {
	return [...]int64{
		s.ObservedGeneration, int64(s.Replicas), int64(s.UpdatedReplicas), int64(s.ReadyReplicas),
		int64(s.AvailableReplicas), int64(s.UnavailableReplicas),
	}
}

func equalOptional(a, b *int32) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

// equalCondition compares times to the second, in which they are written.
func equalCondition(a, b Condition) bool {
	sameTimes := a.LastUpdateTime.Unix() == b.LastUpdateTime.Unix() && a.LastTransitionTime.Unix() == b.LastTransitionTime.Unix()
	return sameTimes && a.Type == b.Type && a.Status == b.Status && a.Reason == b.Reason && a.Message == b.Message
}
