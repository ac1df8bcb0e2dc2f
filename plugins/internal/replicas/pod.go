// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is what is read of a pod.
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

// InitContainer is what is read of an init container; one with restart policy
// Always is a sidecar.
type InitContainer struct {
	Name          string `json:"name"`
	RestartPolicy string `json:"restartPolicy"`
}

// PodCondition is what is read of a condition of a pod.
type PodCondition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
}

// ContainerStatus is what is read of the status of a container.
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

// active reports whether the pod runs, or may come to run, and is to go on.
func (p *Pod) active() bool { return !p.finished() && !p.Deleting() }

// finished reports whether the pod has run to its end.
func (p *Pod) finished() bool {
	return p.Status.Phase == phaseSucceeded || p.Status.Phase == phaseFailed
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

// podChange has the fields of a pod whose change can mean work. The others
// are read only to rank pods, when some are to be deleted anyway.
type podChange struct {
	orphanChange
	Status struct {
		Conditions []PodCondition `json:"conditions"`
	} `json:"status"`
}

// orphanChange has the fields on which adopting a pod depends.
type orphanChange struct {
	Metadata struct {
		Labels            sdk.Labels           `json:"labels"`
		DeletionTimestamp sdk.Time             `json:"deletionTimestamp"`
		OwnerReferences   []sdk.OwnerReference `json:"ownerReferences"`
	} `json:"metadata"`
	Phase struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

// NewPods declares the pods of a [Kind].
func NewPods() *sdk.Resource[Pod] {
	return sdk.NewResource[Pod]("v1", "pods", "Pod", sdk.IndexOwner(), sdk.Writes("create", "delete", "patch"))
}

// Watches returns the watches that wake owners for their pods, and for orphans
// that their selector, the field at the path, matches.
func Watches(pods *sdk.Resource[Pod], selector string) []sdk.Watch {
	return []sdk.Watch{
		{Resource: pods, Map: sdk.MapController(), Fields: sdk.FieldsOf[podChange]()},
		{Resource: pods, Map: sdk.MapOrphansSelectedBy(selector), Fields: sdk.FieldsOf[orphanChange]()},
	}
}
