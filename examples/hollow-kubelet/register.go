// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// nodeStatus is what a node reports of itself.
type nodeStatus struct {
	Capacity    sdk.Labels     `json:"capacity"`
	Allocatable sdk.Labels     `json:"allocatable"`
	Conditions  []Condition    `json:"conditions"`
	Addresses   []namedAddress `json:"addresses"`
	NodeInfo    nodeInfo       `json:"nodeInfo"`
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

// nodeConditions are the conditions of a healthy node.
func nodeConditions(now time.Time) []Condition {
	condition := func(name, status, reason string) Condition {
		return Condition{Type: name, Status: status, Reason: reason, LastTransitionTime: sdk.NewTime(now)}
	}
	return []Condition{
		condition("Ready", "True", "KubeletReady"),
		condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
		condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
		condition("PIDPressure", "False", "KubeletHasSufficientPID"),
	}
}
