// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// The types of conditions.
const (
	conditionAvailable      = "Available"
	conditionProgressing    = "Progressing"
	conditionReplicaFailure = "ReplicaFailure"
)

// The values of conditions.
const (
	isTrue    = "True"
	isFalse   = "False"
	isUnknown = "Unknown"
)

// The reasons of conditions, which people and their tools search for.
const (
	reasonAvailable   = "MinimumReplicasAvailable"
	reasonUnavailable = "MinimumReplicasUnavailable"
	reasonCreated     = "NewReplicaSetCreated"
	reasonFound       = "FoundNewReplicaSet"
	reasonUpdated     = "ReplicaSetUpdated"
	reasonComplete    = "NewReplicaSetAvailable"
	reasonExceeded    = "ProgressDeadlineExceeded"
	reasonPaused      = "DeploymentPaused"
	reasonResumed     = "DeploymentResumed"
	reasonCreateError = "ReplicaSetCreateError" // also of an event
)

// conditions is the conditions of one Deployment.
type conditions []Condition

// get returns the condition of a type, nil if there is none. It points into c.
func (c conditions) get(kind string) *Condition {
	for i := range c {
		if c[i].Type == kind {
			return &c[i]
		}
	}
	return nil
}

// without returns the conditions but the one of a type.
func (c conditions) without(kind string) conditions {
	return slices.DeleteFunc(slices.Clone(c), func(one Condition) bool { return one.Type == kind })
}

// with returns the conditions with this one since now. One that is there with
// the same status and reason stays as it is, and with the same status keeps the
// time of its transition.
func (c conditions) with(kind, status, reason, message string, now time.Time) conditions {
	is := c.get(kind)
	if is != nil && is.Status == status && is.Reason == reason {
		return c
	}
	return c.touched(kind, status, reason, message, now)
}

// touched is with, except that also a condition with the same status and
// reason is updated now.
func (c conditions) touched(kind, status, reason, message string, now time.Time) conditions {
	next := Condition{
		Type: kind, Status: status, Reason: reason, Message: message,
		LastUpdateTime: sdk.NewTime(now), LastTransitionTime: sdk.NewTime(now),
	}
	if is := c.get(kind); is != nil && is.Status == status {
		next.LastTransitionTime = is.LastTransitionTime
	}
	return append(c.without(kind), next)
}
