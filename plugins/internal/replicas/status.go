// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// conditionReplicaFailure is the condition that says why pods could not be
// created or deleted.
const conditionReplicaFailure = "ReplicaFailure"

// Status is the status of an owner, all of which the plugin owns.
type Status struct {
	Replicas             int32       `json:"replicas"`
	FullyLabeledReplicas int32       `json:"fullyLabeledReplicas"`
	ReadyReplicas        int32       `json:"readyReplicas"`
	AvailableReplicas    int32       `json:"availableReplicas"`
	ObservedGeneration   int64       `json:"observedGeneration"`
	Conditions           []Condition `json:"conditions,omitzero"`
}

// Report is a status that also counts pods on their way out; nil: it does not.
type Report struct {
	Status
	TerminatingReplicas *int32 `json:"terminatingReplicas,omitempty"`
}

// Condition is one condition of a status.
type Condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
	Reason             string   `json:"reason,omitempty"`
	Message            string   `json:"message,omitempty"`
}

// observe returns the status of an owner with these active pods. failure is
// nil if all pods could be managed.
func observe(owner *Owner, pods []*Pod, failure *manageError, now time.Time) Report {
	status := Status{
		Replicas:           int32(len(pods)),
		ObservedGeneration: owner.Generation,
		Conditions:         conditions(owner.Status.Conditions, failure, now),
	}
	for _, p := range pods {
		if p.Labels.Contains(owner.Template.Metadata.Labels) {
			status.FullyLabeledReplicas++
		}
		since, ready := p.readySince()
		if !ready {
			continue
		}
		status.ReadyReplicas++
		if untilAvailable(since, owner.MinReadySeconds, now) == 0 {
			status.AvailableReplicas++
		}
	}
	return Report{Status: status}
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
func equal(a, b *Report) bool {
	return a.counts() == b.counts() && sameConditions(a.Conditions, b.Conditions)
}

// counts is the part of the status that can be compared. A count that is not
// there is none.
func (r *Report) counts() [6]int64 {
	terminating := int64(-1)
	if r.TerminatingReplicas != nil {
		terminating = int64(*r.TerminatingReplicas)
	}
	return [...]int64{
		int64(r.Replicas), int64(r.FullyLabeledReplicas), int64(r.ReadyReplicas), int64(r.AvailableReplicas),
		r.ObservedGeneration, terminating,
	}
}

func sameConditions(a, b []Condition) bool { return slices.Equal(a, b) }

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
