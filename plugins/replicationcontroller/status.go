// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// conditionReplicaFailure is the condition that says why pods could not be
// created or deleted.
const conditionReplicaFailure = "ReplicaFailure"

// observe returns the status of a replication controller with these active
// pods. failure is nil if all pods could be managed.
func observe(rc *ReplicationController, pods []*Pod, failure *manageError, now time.Time) Status {
	status := Status{
		Replicas:           int32(len(pods)),
		ObservedGeneration: rc.Generation,
		Conditions:         conditions(rc.Status.Conditions, failure, now),
	}
	for _, p := range pods {
		if p.Labels.Contains(rc.Spec.Template.Metadata.Labels) {
			status.FullyLabeledReplicas++
		}
		since, ready := p.readySince()
		if !ready {
			continue
		}
		status.ReadyReplicas++
		if untilAvailable(since, rc.Spec.MinReadySeconds, now) == 0 {
			status.AvailableReplicas++
		}
	}
	return status
}

// conditions returns the conditions with ReplicaFailure set or removed. One
// that is set already stays as it is, so that a failure which repeats with a
// different text costs one write and not one per attempt.
func conditions(old []Condition, failure *manageError, now time.Time) []Condition {
	at := slices.IndexFunc(old, func(c Condition) bool { return c.Type == conditionReplicaFailure })
	switch {
	case failure == nil && at >= 0:
		return slices.Delete(slices.Clone(old), at, at+1)
	case failure != nil && at < 0:
		return append(slices.Clone(old), Condition{
			Type:               conditionReplicaFailure,
			Status:             "True",
			LastTransitionTime: sdk.NewTime(now),
			Reason:             failure.reason,
			Message:            failure.Error(),
		})
	}
	return old
}

// equal reports whether writing b over a would change nothing.
func equal(a, b Status) bool {
	ac, bc := a.Conditions, b.Conditions
	a.Conditions, b.Conditions = nil, nil
	return a.counts() == b.counts() && slices.Equal(ac, bc)
}

// counts is the part of the status that can be compared.
func (s *Status) counts() [5]int64 {
	return [...]int64{
		int64(s.Replicas), int64(s.FullyLabeledReplicas), int64(s.ReadyReplicas), int64(s.AvailableReplicas),
		s.ObservedGeneration,
	}
}

// untilAvailable returns how long a pod that is ready since then must stay so
// to count as available; 0: it is.
func untilAvailable(since time.Time, minReadySeconds int32, now time.Time) time.Duration {
	if minReadySeconds == 0 {
		return 0
	}
	minReady := time.Duration(minReadySeconds) * time.Second
	if since.IsZero() {
		return minReady // nobody knows since when, so it never becomes available by waiting
	}
	return max(minReady-now.Sub(since), 0)
}

// nextAvailable returns when the next ready pod becomes available, 0 if none
// is waiting for that.
func nextAvailable(pods []*Pod, minReadySeconds int32, now time.Time) time.Duration {
	next := time.Duration(0)
	for _, p := range pods {
		since, ready := p.readySince()
		if wait := untilAvailable(since, minReadySeconds, now); ready && wait > 0 && (next == 0 || wait < next) {
			next = wait
		}
	}
	return next
}
