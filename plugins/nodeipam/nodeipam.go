// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package nodeipam gives each node the ranges of addresses that its pods get,
// as node-ipam-controller of kube-controller-manager does. README.md says what
// it reads and writes and where it differs.
//
// What a range is and which one is free is arithmetic, in pool.go; settings.go
// says what there is to give away. reconcile.go does the rest.
package nodeipam

import "github.com/wasm-controller-manager/wcm/sdk"

// Node is what the plugin reads of a node. It is little, so that nearly nothing
// that happens to a node wakes the plugin or gets in the way of its write.
type Node struct {
	sdk.Header
	Metadata struct {
		CreationTimestamp sdk.Time `json:"creationTimestamp"`
		DeletionTimestamp sdk.Time `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		PodCIDR  string   `json:"podCIDR"`
		PodCIDRs []string `json:"podCIDRs"`
	} `json:"spec"`
}

// waits reports whether the node is to be given ranges.
func (n *Node) waits() bool {
	return n.Spec.PodCIDR == "" && len(n.Spec.PodCIDRs) == 0 && n.Metadata.DeletionTimestamp.IsZero()
}

var (
	nodes    *sdk.Resource[Node]
	settings *sdk.Settings[Settings]
)

// Register declares the plugin.
func Register() {
	sdk.Plugin("node-ipam-controller", "1.37")
	sdk.EventSource("cidrAllocator")
	nodes = sdk.NewResource[Node]("v1", "nodes", "Node", sdk.Writes("patch"))
	settings = sdk.NewSettings(Settings{}, (*Settings).prepare)
	sdk.Register(sdk.Controller{
		Name:      "node-ipam-controller",
		Singleton: true,
		Watches:   []sdk.Watch{{Resource: nodes, Map: sdk.MapSingleton()}},
		Reconcile: reconcile,
	})
}
