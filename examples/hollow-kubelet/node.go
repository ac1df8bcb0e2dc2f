// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// leaseNamespace is where the API server keeps the leases of nodes. The API
// server itself creates the namespace, so that there is always an object from
// which to begin: the nodes are reconciled as what this namespace stands for.
const leaseNamespace = "kube-node-lease"

const (
	leaseDuration = 40 * time.Second // how long a node counts as living after a renewal
	leaseRenewal  = leaseDuration / 4
)

// reconcileNodes makes the nodes exist, be ready, and have a fresh lease, but
// for those that are silent.
func reconcileNodes(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	if req.Name != leaseNamespace {
		return sdk.Result{}, nil
	}
	s := settings.Get(ctx)
	for index := range s.Count {
		node, err := ensureNode(ctx, s, index)
		if err != nil {
			return sdk.Result{}, err
		}
		if node.silent() {
			continue
		}
		if err := renewLease(ctx, node); err != nil {
			return sdk.Result{}, err
		}
	}
	return sdk.Result{RequeueAfter: leaseRenewal}, nil
}

// ensureNode returns the node with this index, which it creates if need be. The
// status is written when the node is new, and when somebody took it for dead
// because its lease was late.
func ensureNode(ctx context.Context, s *Settings, index int) (*Node, error) {
	node, err := nodes.Get(ctx, sdk.Key{Name: s.nodeName(index)})
	if sdk.IsNotFound(err) {
		node, err = nodes.Create(ctx, newNode(s, index))
	}
	if err != nil || node.ready() || node.silent() {
		return node, err
	}
	change := struct {
		Status nodeStatus `json:"status"`
	}{statusOf(s, index, sdk.Now(ctx))}
	return nodes.Patch(ctx, node, sdk.StrategicPatch(change), sdk.Subresource("status"), sdk.PreconditionUID(node.UID))
}

// renewLease says that the node lives. Server-side apply creates the lease or
// renews it in one request, without reading it.
func renewLease(ctx context.Context, node *Node) error {
	lease := Lease{Spec: LeaseSpec{
		HolderIdentity:       node.Name,
		LeaseDurationSeconds: int32(leaseDuration / time.Second),
		RenewTime:            sdk.MicroTime{Time: sdk.Now(ctx)},
	}}
	lease.Namespace, lease.Name = leaseNamespace, node.Name
	lease.OwnerReferences = []sdk.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}}
	_, err := leases.Apply(ctx, &lease, sdk.ForceOwnership())
	return err
}

// ready reports whether the node counts as ready.
func (n *Node) ready() bool {
	for _, c := range n.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True"
		}
	}
	return false
}
