// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package podgc

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// condition is one that is written into the status of a pod.
type condition struct {
	Type               string    `json:"type"`
	Status             string    `json:"status"`
	ObservedGeneration int64     `json:"observedGeneration,omitempty"`
	LastTransitionTime *sdk.Time `json:"lastTransitionTime,omitempty"`
	Reason             string    `json:"reason"`
	Message            string    `json:"message"`
}

// statusChange is a strategic patch: conditions are merged by type.
type statusChange struct {
	Status struct {
		Phase              string      `json:"phase"`
		ObservedGeneration int64       `json:"observedGeneration,omitempty"`
		Conditions         []condition `json:"conditions,omitempty"`
	} `json:"status"`
}

// nodeIsGone is why orphans are deleted.
var nodeIsGone = condition{
	Type: "DisruptionTarget", Status: "True", Reason: "DeletionByPodGC", Message: "PodGC: node no longer exists",
}

// failure is the change that marks a pod as failed, with a condition unless
// why is nil. The time of a condition that is true already stays.
func failure(pod *Pod, why *condition, now time.Time) statusChange {
	var change statusChange
	change.Status.Phase = phaseFailed
	change.Status.ObservedGeneration = pod.Own.Generation
	if why == nil {
		return change
	}
	c := *why
	c.ObservedGeneration = pod.Own.Generation
	if !isTrue(pod.Status.Conditions, c.Type) {
		since := sdk.NewTime(now)
		c.LastTransitionTime = &since
	}
	change.Status.Conditions = []condition{c}
	return change
}
