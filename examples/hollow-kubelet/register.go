// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// createdNode is a node as it registers itself.
type createdNode struct {
	sdk.Metadata
	Status nodeStatus `json:"status"`
}

type nodeStatus struct {
	Capacity    sdk.Labels      `json:"capacity"`
	Allocatable sdk.Labels      `json:"allocatable"`
	Conditions  []Condition     `json:"conditions"`
	Addresses   []nodeAddressOf `json:"addresses"`
	NodeInfo    nodeInfo        `json:"nodeInfo"`
}

type nodeAddressOf struct {
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

// newNode returns the node with this index.
func newNode(s *Settings, index int, now time.Time) *createdNode {
	name := s.nodeName(index)
	node := &createdNode{}
	node.Name = name
	node.Labels = append(sdk.Labels{
		{Key: "kubernetes.io/hostname", Value: name},
		{Key: "kubernetes.io/os", Value: "linux"},
		{Key: "kubernetes.io/arch", Value: "wasm"},
	}, s.Labels...)
	node.Status = nodeStatus{
		Capacity: s.Capacity, Allocatable: s.Capacity,
		Conditions: nodeConditions(now),
		Addresses: []nodeAddressOf{
			{Type: "InternalIP", Address: nodeAddress(index).String()},
			{Type: "Hostname", Address: name},
		},
		NodeInfo: nodeInfo{Architecture: "wasm", OperatingSystem: "linux", KubeletVersion: "v1.37.0-hollow", OSImage: "none"},
	}
	return node
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
