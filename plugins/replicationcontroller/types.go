// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// ReplicationController is what the plugin reads of a replication controller.
type ReplicationController struct {
	sdk.Metadata
	Spec struct {
		Replicas        *int32     `json:"replicas"`
		Selector        sdk.Labels `json:"selector"`
		MinReadySeconds int32      `json:"minReadySeconds"`
		Template        Template   `json:"template"`
	} `json:"spec"`
	Status Status `json:"status"`
}

// Template is what pods are made of. Only the parts that the API server
// copies by field are taken apart; the spec goes from the template into the
// pod as it came.
type Template struct {
	Metadata struct {
		Labels      sdk.Labels `json:"labels"`
		Annotations sdk.Labels `json:"annotations"`
		Finalizers  []string   `json:"finalizers"`
	} `json:"metadata"`
	Spec sdk.Raw `json:"spec"`
}

// Status is the status of a replication controller, all of which the plugin owns.
type Status struct {
	Replicas             int32       `json:"replicas"`
	FullyLabeledReplicas int32       `json:"fullyLabeledReplicas"`
	ReadyReplicas        int32       `json:"readyReplicas"`
	AvailableReplicas    int32       `json:"availableReplicas"`
	ObservedGeneration   int64       `json:"observedGeneration"`
	Conditions           []Condition `json:"conditions"`
}

// Condition is one condition of a replication controller's status.
type Condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
	Reason             string   `json:"reason,omitempty"`
	Message            string   `json:"message,omitempty"`
}

// Pod is what the plugin reads of a pod.
type Pod struct {
	sdk.Metadata
	Cost DeletionCost `json:"metadata"`
	Spec struct {
		NodeName       string          `json:"nodeName"`
		InitContainers []InitContainer `json:"initContainers"`
	} `json:"spec"`
	Status struct {
		Phase                 string            `json:"phase"`
		Conditions            []PodCondition    `json:"conditions"`
		ContainerStatuses     []ContainerStatus `json:"containerStatuses"`
		InitContainerStatuses []ContainerStatus `json:"initContainerStatuses"`
	} `json:"status"`
}

// DeletionCost is the one annotation of pods that matters here. Reading the
// others as well would fill the cache with them.
type DeletionCost struct {
	Annotations struct {
		Value string `json:"controller.kubernetes.io/pod-deletion-cost"`
	} `json:"annotations"`
}

// InitContainer is what the plugin reads of an init container; one with
// restart policy Always is a sidecar.
type InitContainer struct {
	Name          string `json:"name"`
	RestartPolicy string `json:"restartPolicy"`
}

// PodCondition is what the plugin reads of a condition of a pod.
type PodCondition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
}

// ContainerStatus is what the plugin reads of the status of a container.
type ContainerStatus struct {
	Name         string `json:"name"`
	RestartCount int32  `json:"restartCount"`
}

// The phases of a pod.
const (
	phasePending   = "Pending"
	phaseRunning   = "Running"
	phaseSucceeded = "Succeeded"
	phaseFailed    = "Failed"
)

// replicas returns how many pods are asked for.
func (rc *ReplicationController) replicas() int {
	if rc.Spec.Replicas == nil {
		return 1
	}
	return int(*rc.Spec.Replicas)
}

// selector returns the labels that the pods have, by default the template's.
func (rc *ReplicationController) selector() sdk.Labels {
	if len(rc.Spec.Selector) == 0 {
		return rc.Spec.Template.Metadata.Labels
	}
	return rc.Spec.Selector
}

// active reports whether the pod runs, or may come to run, and is to go on.
func (p *Pod) active() bool {
	return p.Status.Phase != phaseSucceeded && p.Status.Phase != phaseFailed && !p.Deleting()
}

// readySince returns when the pod became ready, and whether it is ready. The
// time of a ready pod may be zero: nobody wrote it down.
func (p *Pod) readySince() (time.Time, bool) {
	for _, c := range p.Status.Conditions {
		if c.Type == "Ready" {
			return c.LastTransitionTime.Time, c.Status == "True"
		}
	}
	return time.Time{}, false
}
