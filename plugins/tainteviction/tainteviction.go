// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package tainteviction deletes pods that do not tolerate a NoExecute taint of
// their node, or no longer do, as taint-eviction-controller of
// kube-controller-manager does. README.md says what it reads and writes and
// where it differs.
//
// toleration.go decides when a pod is to go, reconcile.go deletes it.
package tainteviction

import (
	"context"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Name is the name of the controller.
const Name = "taint-eviction-controller"

// Pod is what the plugin reads of a pod.
type Pod struct {
	sdk.Header
	Metadata struct {
		Generation        int64    `json:"generation"`
		CreationTimestamp sdk.Time `json:"creationTimestamp"`
		DeletionTimestamp sdk.Time `json:"deletionTimestamp"`
	} `json:"metadata"`
	podChange
}

// podChange has the fields of a pod whose change can mean work.
type podChange struct {
	Spec struct {
		NodeName    string       `json:"nodeName"`
		Tolerations []Toleration `json:"tolerations"`
	} `json:"spec"`
}

// Toleration is a toleration of a pod.
type Toleration struct {
	Key               string `json:"key"`
	Operator          string `json:"operator"`
	Value             string `json:"value"`
	Effect            string `json:"effect"`
	TolerationSeconds *int64 `json:"tolerationSeconds"`
}

// Node is what the plugin reads of a node.
type Node struct {
	sdk.Header
	Spec struct {
		Taints []Taint `json:"taints"`
	} `json:"spec"`
}

// Taint is a taint of a node.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Effect string `json:"effect"`
}

var (
	pods  *sdk.Resource[Pod]
	nodes *sdk.Resource[Node]
)

// Register declares the plugin.
func Register() {
	sdk.Plugin(Name, "1.37")
	sdk.EventSource(Name)
	pods = sdk.NewResource[Pod]("v1", "pods", "Pod",
		sdk.IndexField("spec.nodeName"), sdk.Writes("delete", "status/patch"))
	nodes = sdk.NewResource[Node]("v1", "nodes", "Node")
	sdk.Register(sdk.Controller{
		Name:        Name,
		For:         pods,
		ForFields:   sdk.FieldsOf[podChange](),
		ForWhere:    []sdk.Condition{sdk.IsSet("spec.nodeName")}, // whoever has no node, has no taints to bear
		Watches:     []sdk.Watch{{Resource: nodes, Map: sdk.MapFunc(nodes, podsOf)}},
		Reconcile:   reconcile,
		Concurrency: 8,
	})
}

// podsOf wakes the pods of a node whose NoExecute taints changed.
func podsOf(ctx context.Context, change sdk.Change[Node]) []sdk.Key {
	if change.After == nil {
		return nil // its pods are the garbage collector's
	}
	var before []Taint
	if change.Before != nil {
		before = change.Before.noExecute()
	}
	if slices.Equal(before, change.After.noExecute()) {
		return nil
	}
	var keys []sdk.Key
	for pod, err := range pods.All(ctx, sdk.ByField("spec.nodeName", change.After.Name)) {
		if err != nil {
			sdk.LoggerFrom(ctx).Error(err, "The pods of the node are not known", "node", change.After.Name)
			return keys
		}
		keys = append(keys, pod.Key())
	}
	return keys
}

// noExecute returns the taints that make pods go.
func (n *Node) noExecute() []Taint {
	return slices.DeleteFunc(slices.Clone(n.Spec.Taints), func(t Taint) bool { return t.Effect != "NoExecute" })
}
