// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package podgc is the controller pod-garbage-collector-controller: it deletes
// pods that nobody else will. README.md says which, what it reads and writes,
// and where it differs from upstream's.
//
// collect.go looks for pods every 20 seconds. orphan.go waits for nodes that
// are gone; its keys are names of nodes. unscheduled.go waits for pods that leave
// without a node. choose.go decides, and remove.go carries it out.
package podgc

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

const name = "pod-garbage-collector-controller"

const (
	// period is the time between two looks for pods.
	period = 20 * time.Second
	// quarantine is how long a node must be missing before its pods are: one
	// that registers again within that time keeps them.
	quarantine = 40 * time.Second
	// batch is how many pods one reconcile deletes, so that it ends in time.
	batch = 500
	// breath is the time to the next batch.
	breath = time.Second
)

// The paths of the indexes of pods.
const (
	nodeField  = "spec.nodeName"
	phaseField = "status.phase"
)

// Settings are the settings of the plugin.
type Settings struct {
	// TerminatedPodGCThreshold is how many terminated pods may exist; 0 or less:
	// any number.
	TerminatedPodGCThreshold int64 `json:"terminatedPodGCThreshold"`
}

var (
	pods     *sdk.Resource[Pod]
	nodes    *sdk.Resource[Node]
	settings *sdk.Settings[Settings]
)

// Register declares the controller.
func Register() {
	pods = sdk.NewResource[Pod]("v1", "pods", "Pod",
		sdk.IndexField(nodeField), sdk.IndexField(phaseField), sdk.Writes("status/patch", "delete"))
	nodes = sdk.NewResource[Node]("v1", "nodes", "Node")
	settings = sdk.NewSettings(Settings{TerminatedPodGCThreshold: 12500})
	sdk.Plugin(name, "1.37")
	sdk.Register(
		sdk.Controller{Name: name, Singleton: true, Reconcile: collect},
		sdk.Controller{
			Name: "orphaned-pods", For: nodes, ForFields: sdk.FieldsOf[sdk.Header](), Reconcile: orphaned,
			Watches: []sdk.Watch{{Resource: pods, Map: sdk.MapField(nodeField), Fields: sdk.FieldsOf[binding]()}},
		},
		sdk.Controller{
			Name: "unscheduled-pods", For: pods, ForFields: sdk.FieldsOf[departure](), ForWhere: withoutNode, Reconcile: unscheduled,
		},
	)
}

// binding is the part of a pod by which it can become an orphan.
type binding struct {
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
}
