// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package pod has the Pod of the benchmarks: what a typical controller reads.
package pod

import "github.com/wasm-controller-manager/wcm/sdk"

// Pod is eight values that most controllers of pods read.
type Pod struct {
	sdk.Header
	Metadata struct {
		Labels            sdk.Labels `json:"labels"`
		DeletionTimestamp sdk.Time   `json:"deletionTimestamp"`
		OwnerReferences   []Owner    `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
	Status struct {
		Phase      string      `json:"phase"`
		Conditions []Condition `json:"conditions"`
	} `json:"status"`
}

// Owner is an owner reference.
type Owner struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller bool   `json:"controller"`
}

// Condition is a condition of a pod.
type Condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

// JSON is such a pod as the API server has it, without what is not read.
const JSON = `{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"production","name":"web-7d9f8b6c5-x2x9k",
"uid":"8f14e45f-ceea-467f-a0b2-8d3c1d5f1a11","resourceVersion":"123456789",
"labels":{"app":"web","pod-template-hash":"7d9f8b6c5"},
"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9f8b6c5",
"uid":"c9f0f895-fb98-4ab9-a1f4-2b0d1b2c3d4e","controller":true,"blockOwnerDeletion":true}]},
"spec":{"nodeName":"node-17.example.internal"},
"status":{"phase":"Running","conditions":[{"type":"PodScheduled","status":"True"},{"type":"Initialized","status":"True"},
{"type":"ContainersReady","status":"True"},{"type":"Ready","status":"True"}]}}`
