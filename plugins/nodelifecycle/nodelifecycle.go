// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package nodelifecycle watches over nodes, as node-lifecycle-controller of
// kube-controller-manager does: it notices nodes that are heard of no more,
// taints them, and says so in their pods. README.md says what it reads and
// writes and where it differs.
//
// It has three controllers. The one with the plugin's name looks at all nodes
// together, every few seconds: monitor.go carries out what heartbeat.go,
// zone.go and taint.go decide. conditions.go keeps the taints and labels of one
// node that follow from the node itself, pods.go the readiness of its pods.
package nodelifecycle

import "github.com/wasm-controller-manager/wcm/sdk"

// Name is the name of the plugin and of its main controller.
const Name = "node-lifecycle-controller"

var (
	nodes    *sdk.Resource[Node]
	leases   *sdk.Resource[Lease]
	pods     *sdk.Resource[Pod]
	settings *sdk.Settings[Settings]
	memories *sdk.Memory[memory]
)

// Register declares the plugin.
func Register() {
	sdk.Plugin(Name, "1.37")
	sdk.EventSource("node-controller")
	nodes = sdk.NewResource[Node]("v1", "nodes", "Node", sdk.Writes("patch", "status/patch"))
	leases = sdk.NewResource[Lease]("coordination.k8s.io/v1", "leases", "Lease")
	pods = sdk.NewResource[Pod]("v1", "pods", "Pod", sdk.IndexField("spec.nodeName"), sdk.Writes("status/patch"))
	settings = sdk.NewSettings(defaults(), (*Settings).prepare)
	memories = sdk.NewMemory[memory]()
	sdk.Register(sdk.Controller{Name: Name, Singleton: true, Reconcile: monitor})
	sdk.Register(sdk.Controller{
		Name: "node-lifecycle-conditions", For: nodes, ForFields: sdk.FieldsOf[conditionChange](),
		Reconcile: reconcileConditions, Concurrency: 1,
	})
	sdk.Register(sdk.Controller{
		Name: "node-lifecycle-pods", For: pods, ForFields: sdk.FieldsOf[podChange](),
		ForWhere:  []sdk.Condition{sdk.IsSet("spec.nodeName")},
		Watches:   []sdk.Watch{{Resource: nodes, Map: sdk.MapFunc(nodes, podsOf), Fields: sdk.FieldsOf[readyChange]()}},
		Reconcile: reconcilePod, Concurrency: 1,
	})
}
