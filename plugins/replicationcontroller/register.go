// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package replicationcontroller is the plugin that keeps the pods of
// ReplicationControllers, with the behaviour of the controller of the same
// name in kube-controller-manager. README.md says what it reads and writes
// and where it differs.
//
// It says what is particular to the kind; plugins/internal/replicas does the work.
package replicationcontroller

import (
	"github.com/wasm-controller-manager/wcm/plugins/internal/replicas"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// name is upstream's.
const name = "replicationcontroller-controller"

// Register declares the controller.
func Register() {
	controllers := sdk.NewResource[ReplicationController]("v1", "replicationcontrollers", "ReplicationController",
		sdk.Writes("status/patch"))
	pods := replicas.NewPods()
	sdk.Plugin(name, "1.37")
	sdk.EventSource("replication-controller")
	sdk.Register(sdk.Controller{
		Name:        name,
		For:         controllers,
		Watches:     replicas.Watches(pods, "spec.selector"),
		Reconciler:  &replicas.Kind[ReplicationController]{Owners: controllers, Pods: pods, View: view},
		Concurrency: 5,
	})
}
