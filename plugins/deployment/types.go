// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"math"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Deployment is what the plugin reads of a Deployment.
type Deployment struct {
	sdk.Metadata
	sdk.Annotations
	Spec struct {
		Replicas                *int32             `json:"replicas"`
		Selector                *sdk.LabelSelector `json:"selector"`
		Template                Template           `json:"template"`
		Strategy                Strategy           `json:"strategy"`
		MinReadySeconds         int32              `json:"minReadySeconds"`
		RevisionHistoryLimit    *int32             `json:"revisionHistoryLimit"`
		Paused                  bool               `json:"paused"`
		ProgressDeadlineSeconds *int32             `json:"progressDeadlineSeconds"`
	} `json:"spec"`
	Status Status `json:"status"`
}

// Strategy is how pods are replaced.
type Strategy struct {
	Type          string `json:"type"`
	RollingUpdate struct {
		MaxUnavailable sdk.IntOrString `json:"maxUnavailable"`
		MaxSurge       sdk.IntOrString `json:"maxSurge"`
	} `json:"rollingUpdate"`
}

// The types of strategies.
const (
	strategyRolling  = "RollingUpdate"
	strategyRecreate = "Recreate"
)

// Status is the status of a Deployment, all of which the plugin owns.
type Status struct {
	ObservedGeneration  int64       `json:"observedGeneration"`
	Replicas            int32       `json:"replicas"`
	UpdatedReplicas     int32       `json:"updatedReplicas"`
	ReadyReplicas       int32       `json:"readyReplicas"`
	AvailableReplicas   int32       `json:"availableReplicas"`
	UnavailableReplicas int32       `json:"unavailableReplicas"`
	TerminatingReplicas *int32      `json:"terminatingReplicas"`
	CollisionCount      *int32      `json:"collisionCount,omitempty"`
	Conditions          []Condition `json:"conditions"`
}

// Condition is one condition of a Deployment's status.
type Condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastUpdateTime     sdk.Time `json:"lastUpdateTime"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
	Reason             string   `json:"reason,omitempty"`
	Message            string   `json:"message,omitempty"`
}

// ReplicaSet is what the plugin reads of a ReplicaSet.
type ReplicaSet struct {
	sdk.Metadata
	sdk.Annotations
	Spec struct {
		Replicas        *int32   `json:"replicas"`
		MinReadySeconds int32    `json:"minReadySeconds"`
		Template        Template `json:"template"`
	} `json:"spec"`
	Status ReplicaSetStatus `json:"status"`
}

// ReplicaSetStatus is what the plugin reads of the status of a ReplicaSet.
type ReplicaSetStatus struct {
	Replicas            int32                 `json:"replicas"`
	ReadyReplicas       int32                 `json:"readyReplicas"`
	AvailableReplicas   int32                 `json:"availableReplicas"`
	TerminatingReplicas *int32                `json:"terminatingReplicas"`
	ObservedGeneration  int64                 `json:"observedGeneration"`
	Conditions          []ReplicaSetCondition `json:"conditions"`
}

// ReplicaSetCondition is a condition of a ReplicaSet.
type ReplicaSetCondition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
	Reason             string   `json:"reason"`
	Message            string   `json:"message"`
}

// Pod is what the plugin reads of a pod, to know whether it still runs.
type Pod struct {
	sdk.Header
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

// replicas returns how many pods are asked for.
func (d *Deployment) replicas() int32 { return orOne(d.Spec.Replicas) }

// replicas returns how many pods the ReplicaSet is to have.
func (rs *ReplicaSet) replicas() int32 { return orOne(rs.Spec.Replicas) }

// orOne is the API server's default of replicas.
func orOne(replicas *int32) int32 {
	if replicas == nil {
		return 1
	}
	return *replicas
}

// deadline returns the progress deadline in seconds, and whether there is one.
// The largest number means that there is none.
func (d *Deployment) deadline() (seconds int32, exists bool) {
	return limit(d.Spec.ProgressDeadlineSeconds)
}

// historyLimit returns how many old ReplicaSets are kept, and whether there is
// a limit.
func (d *Deployment) historyLimit() (n int32, exists bool) {
	return limit(d.Spec.RevisionHistoryLimit)
}

func limit(n *int32) (int32, bool) {
	if n == nil || *n == math.MaxInt32 {
		return 0, false
	}
	return *n, true
}
