// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// podStatus is the part of a pod's status that the plugin writes, as a
// strategic merge patch: conditions of other types stay.
type podStatus struct {
	Phase             string            `json:"phase"`
	HostIP            string            `json:"hostIP,omitempty"`
	HostIPs           []address         `json:"hostIPs,omitempty"`
	PodIP             string            `json:"podIP,omitempty"`
	PodIPs            []address         `json:"podIPs,omitempty"`
	StartTime         sdk.Time          `json:"startTime,omitzero"`
	Conditions        []Condition       `json:"conditions,omitempty"`
	ContainerStatuses []ContainerStatus `json:"containerStatuses"`
}

type address struct {
	IP string `json:"ip"`
}

// starting is the status of a pod whose containers are being created.
func starting(p *Pod, hostIP string, now time.Time) podStatus {
	status := podStatus{
		Phase: phasePending, HostIP: hostIP, HostIPs: []address{{hostIP}}, StartTime: sdk.NewTime(now),
		Conditions: p.transitions(now, "ContainersNotReady", "PodScheduled", "Initialized"),
	}
	for _, c := range p.Spec.Containers {
		reason := "ContainerCreating"
		if c.missing() {
			reason = "ErrImagePull"
		}
		status.ContainerStatuses = append(status.ContainerStatuses, ContainerStatus{
			Name: c.Name, Image: c.Image, Started: new(false),
			State: ContainerState{Waiting: &Waiting{Reason: reason}},
		})
	}
	return status
}

// running is the status of a pod whose containers run and are ready.
func running(p *Pod, hostIP, podIP string, now time.Time) podStatus {
	status := podStatus{
		Phase: phaseRunning, HostIP: hostIP, HostIPs: []address{{hostIP}}, PodIP: podIP, PodIPs: []address{{podIP}},
		StartTime:  p.Status.StartTime,
		Conditions: p.transitions(now, "", "PodScheduled", "Initialized", "ContainersReady", "Ready"),
	}
	if status.StartTime.IsZero() {
		status.StartTime = sdk.NewTime(now)
	}
	for _, c := range p.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, ContainerStatus{
			Name: c.Name, Image: c.Image, ImageID: "hollow://" + c.Image, ContainerID: "hollow://" + p.UID + "/" + c.Name,
			Ready: true, Started: new(true),
			State: ContainerState{Running: &Running{StartedAt: sdk.NewTime(now)}},
		})
	}
	return status
}

// ready is the status of a pod that runs, with what somebody else said of it put
// right.
func ready(p *Pod, now time.Time) podStatus {
	return podStatus{
		Phase:             phaseRunning,
		Conditions:        p.transitions(now, "", "PodScheduled", "Initialized", "ContainersReady", "Ready"),
		ContainerStatuses: p.Status.ContainerStatuses,
	}
}

// finished is the status of a pod whose containers have exited.
func finished(p *Pod, now time.Time) podStatus {
	status := podStatus{
		Phase:      phaseSucceeded,
		Conditions: p.transitions(now, "PodCompleted", "PodScheduled", "Initialized"),
	}
	for _, c := range p.Status.ContainerStatuses {
		ended := &Terminated{Reason: "Completed", FinishedAt: sdk.NewTime(now)}
		if c.State.Running != nil {
			ended.StartedAt = c.State.Running.StartedAt
		}
		c.Ready, c.Started, c.State = false, new(false), ContainerState{Terminated: ended}
		status.ContainerStatuses = append(status.ContainerStatuses, c)
	}
	return status
}

// transitions returns the conditions that are to change so that exactly those
// in holding are true. The others are false for the reason.
func (p *Pod) transitions(now time.Time, reason string, holding ...string) []Condition {
	var changed []Condition
	for _, name := range []string{"PodScheduled", "Initialized", "ContainersReady", "Ready"} {
		c := Condition{Type: name, Status: "False", Reason: reason, LastTransitionTime: sdk.NewTime(now)}
		for _, h := range holding {
			if h == name {
				c.Status, c.Reason = "True", ""
			}
		}
		if p.condition(name) != c.Status {
			changed = append(changed, c)
		}
	}
	return changed
}

// condition returns the status of a condition, empty if there is none.
func (p *Pod) condition(name string) string {
	for _, c := range p.Status.Conditions {
		if c.Type == name {
			return c.Status
		}
	}
	return ""
}
