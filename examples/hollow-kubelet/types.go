// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is what the plugin reads of a pod.
type Pod struct {
	sdk.Metadata
	Hints Hints `json:"metadata"`
	Spec  struct {
		NodeName        string      `json:"nodeName"`
		SchedulerName   string      `json:"schedulerName"`
		SchedulingGates []Gate      `json:"schedulingGates"`
		RestartPolicy   string      `json:"restartPolicy"`
		Containers      []Container `json:"containers"`
	} `json:"spec"`
	Status struct {
		Phase             string            `json:"phase"`
		PodIP             string            `json:"podIP"`
		StartTime         sdk.Time          `json:"startTime"`
		Conditions        []Condition       `json:"conditions"`
		ContainerStatuses []ContainerStatus `json:"containerStatuses"`
	} `json:"status"`
}

// Hints is the metadata that the plugin reads beside the usual.
type Hints struct {
	DeletionGracePeriodSeconds int64 `json:"deletionGracePeriodSeconds"`
	Annotations                struct {
		ExitAfter string `json:"hollow-kubelet/exit-after"`
	} `json:"annotations"`
}

// Gate keeps a pod from being bound to a node.
type Gate struct {
	Name string `json:"name"`
}

// Container is what the plugin reads of a container.
type Container struct {
	Name  string `json:"name"`
	Image string `json:"image"`
}

// missing reports whether the image plays one that no registry has.
func (c *Container) missing() bool { return strings.HasSuffix(c.Image, ":404") }

// Condition is a condition of a pod or a node.
type Condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
	Reason             string   `json:"reason,omitempty"`
}

// ContainerStatus is the status of a container, which the plugin invents.
type ContainerStatus struct {
	Name         string         `json:"name"`
	Image        string         `json:"image"`
	ImageID      string         `json:"imageID"`
	ContainerID  string         `json:"containerID,omitempty"`
	Ready        bool           `json:"ready"`
	Started      *bool          `json:"started,omitempty"`
	RestartCount int32          `json:"restartCount"`
	State        ContainerState `json:"state"`
}

// ContainerState has exactly one of its fields.
type ContainerState struct {
	Waiting    *Waiting    `json:"waiting,omitempty"`
	Running    *Running    `json:"running,omitempty"`
	Terminated *Terminated `json:"terminated,omitempty"`
}

// Waiting is the state of a container that does not run yet.
type Waiting struct {
	Reason string `json:"reason"`
}

// Running is the state of a container that runs.
type Running struct {
	StartedAt sdk.Time `json:"startedAt"`
}

// Terminated is the state of a container that has exited.
type Terminated struct {
	ExitCode   int32    `json:"exitCode"`
	Reason     string   `json:"reason"`
	StartedAt  sdk.Time `json:"startedAt"`
	FinishedAt sdk.Time `json:"finishedAt"`
}

// Node is what the plugin reads of a node.
type Node struct {
	sdk.Metadata
	nodeHints
	Status struct {
		Conditions []Condition `json:"conditions"`
	} `json:"status"`
}

// nodeHints is the one annotation of nodes that the plugin reads.
type nodeHints struct {
	Hints struct {
		Annotations struct {
			Silent string `json:"hollow-kubelet/silent"`
		} `json:"annotations"`
	} `json:"metadata"`
}

// silent reports whether the node plays one that has lost its network.
func (n *nodeHints) silent() bool { return n.Hints.Annotations.Silent == "true" }

// Namespace is what the plugin reads of a namespace.
type Namespace struct {
	sdk.Header
}

// Lease is a lease, which the plugin writes and never reads.
type Lease struct {
	sdk.Metadata
	Spec LeaseSpec `json:"spec"`
}

// LeaseSpec says that a node lives.
type LeaseSpec struct {
	HolderIdentity       string        `json:"holderIdentity"`
	LeaseDurationSeconds int32         `json:"leaseDurationSeconds"`
	RenewTime            sdk.MicroTime `json:"renewTime"`
}
