// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package scheduler is a plugin that binds pods to nodes, enough of
// kube-scheduler for clusters of hollow nodes. README.md says what it looks at
// and what it leaves out.
//
// One reconcile is one batch: it reads nodes and pods, and places all pods that
// wait, one after the other, each in the world with those before it
// (reconcile.go). cluster.go is that world; filter.go says on which nodes a pod
// can run, score.go on which one it should. Nothing is kept from batch to batch:
// the host's reads include the bindings that were made.
package scheduler

import "github.com/wasm-controller-manager/wcm/sdk"

// Settings are the settings of the plugin.
type Settings struct {
	SchedulerName string `json:"schedulerName"` // what spec.schedulerName of its pods is
}

var (
	pods       *sdk.Resource[Pod]
	nodes      *sdk.Resource[Node]
	namespaces *sdk.Resource[Namespace]
	settings   *sdk.Settings[Settings]
)

// Register declares the controller.
func Register() {
	pods = sdk.NewResource[Pod]("v1", "pods", "Pod",
		sdk.IndexField("spec.nodeName"), sdk.Writes("binding/create", "status/patch"))
	nodes = sdk.NewResource[Node]("v1", "nodes", "Node")
	namespaces = sdk.NewResource[Namespace]("v1", "namespaces", "Namespace")
	settings = sdk.NewSettings(Settings{SchedulerName: "default-scheduler"})
	sdk.Plugin("scheduler", "1")
	sdk.EventSource("default-scheduler")
	sdk.Register(sdk.Controller{
		Name:      "scheduler",
		Singleton: true, // a second worker would give away the same room
		Watches: []sdk.Watch{
			{Resource: pods, Map: sdk.MapSingleton(), Fields: sdk.FieldsOf[podChange]()},
			{Resource: nodes, Map: sdk.MapSingleton()},
		},
		Reconcile: reconcile,
	})
}

// podChange has the fields of a pod whose change can let a pod be placed. What
// the plugin writes itself, the conditions, is not among them.
type podChange struct {
	Metadata struct {
		Labels sdk.Labels `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		NodeName        string       `json:"nodeName"`
		NodeSelector    sdk.Labels   `json:"nodeSelector"`
		SchedulingGates []Gate       `json:"schedulingGates"`
		Tolerations     []Toleration `json:"tolerations"`
		Containers      []struct {
			Resources Requirements `json:"resources"`
		} `json:"containers"`
	} `json:"spec"`
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}
