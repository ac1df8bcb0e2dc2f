// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command hollow-kubelet is a plugin that plays the nodes of a cluster
// without machines: it registers nodes, binds pods to them, walks the pods to
// Running and Ready, and ends those that are deleted. No container ever runs.
//
// It shows a controller that creates what it reconciles (node.go), one that is
// a small state machine driven by time (lifecycle.go decides, pod.go acts),
// settings, subresources, server-side apply, and deletion with preconditions.
package main

import "github.com/wasm-controller-manager/wcm/sdk"

var (
	namespaces = sdk.NewResource[Namespace]("v1", "namespaces", "Namespace")
	nodes      = sdk.NewResource[Node]("v1", "nodes", "Node", sdk.Writes("create", "status/patch"))
	leases     = sdk.NewResource[Lease]("coordination.k8s.io/v1", "leases", "Lease", sdk.Writes("create", "patch"), sdk.Uncached())
	pods       = sdk.NewResource[Pod]("v1", "pods", "Pod",
		sdk.IndexField("status.podIP"), sdk.IndexField("spec.nodeName"), sdk.Writes("binding/create", "status/patch", "delete"))
	settings = sdk.NewSettings(defaults(), (*Settings).prepare)
)

func init() {
	sdk.Plugin("hollow-kubelet", "1")
	sdk.Register(
		sdk.Controller{Name: "node", For: namespaces, Reconcile: reconcileNodes, Concurrency: 1},
		sdk.Controller{
			Name: "pod", For: pods, Reconcile: reconcilePod,
			Watches: []sdk.Watch{{Resource: nodes, Map: sdk.MapFunc(nodes, podsOf), Fields: sdk.FieldsOf[nodeHints]()}},
		},
	)
}

func main() {}
