// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// nodeStatus is what a node reports of itself.
type nodeStatus struct {
	Capacity    sdk.Labels      `json:"capacity"`
	Allocatable sdk.Labels      `json:"allocatable"`
	Conditions  []nodeCondition `json:"conditions"`
	Addresses   []namedAddress  `json:"addresses"`
	NodeInfo    nodeInfo        `json:"nodeInfo"`
}

// nodeCondition is a condition as a kubelet writes it.
type nodeCondition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastHeartbeatTime  sdk.Time `json:"lastHeartbeatTime"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
	Reason             string   `json:"reason"`
	Message            string   `json:"message"`
}

type namedAddress struct {
	Type    string `json:"type"`
	Address string `json:"address"`
}

// nodeInfo has what kubectl get nodes shows; the API asks for the rest too.
type nodeInfo struct {
	Architecture    string `json:"architecture"`
	OperatingSystem string `json:"operatingSystem"`
	KubeletVersion  string `json:"kubeletVersion"`
	OSImage         string `json:"osImage"`
}

// createdNode is a node as it is created; the status comes after.
type createdNode struct{ sdk.Metadata }

// newNode returns the node with this index.
func newNode(s *Settings, index int) *createdNode {
	name := s.nodeName(index)
	node := &createdNode{}
	node.Name = name
	node.Labels = append(sdk.Labels{
		{Key: "kubernetes.io/hostname", Value: name},
		{Key: "kubernetes.io/os", Value: "linux"},
		{Key: "kubernetes.io/arch", Value: "wasm"},
	}, s.Labels...)
	return node
}

// statusOf returns the status of the node with this index.
func statusOf(s *Settings, index int, now time.Time) nodeStatus {
	return nodeStatus{
		Capacity: s.Capacity, Allocatable: s.Capacity,
		Conditions: nodeConditions(now),
		Addresses: []namedAddress{
			{Type: "InternalIP", Address: nodeAddress(index).String()},
			{Type: "Hostname", Address: s.nodeName(index)},
		},
		NodeInfo: nodeInfo{Architecture: "wasm", OperatingSystem: "linux", KubeletVersion: "v1.37.0-hollow", OSImage: "none"},
	}
}

// nodeConditions are the conditions of a healthy node. They have a message, since
// that of whoever took the node for dead would stay otherwise.
func nodeConditions(now time.Time) []nodeCondition {
	condition := func(name, status, reason, message string) nodeCondition {
		return nodeCondition{name, status, sdk.NewTime(now), sdk.NewTime(now), reason, message}
	}
	return []nodeCondition{
		condition("Ready", "True", "KubeletReady", "the hollow kubelet is alive"),
		condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "a hollow node uses no memory"),
		condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "a hollow node uses no disk"),
		condition("PIDPressure", "False", "KubeletHasSufficientPID", "a hollow node runs no process"),
	}
}
