// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package replicaset is the plugin that keeps the pods of ReplicaSets, with the
// behaviour of the replicaset-controller of kube-controller-manager. README.md
// says what it reads and writes and where it differs.
//
// It says what is particular to the kind; plugins/internal/replicas does the work.
package replicaset

import (
	"context"

	"github.com/wasm-controller-manager/wcm/plugins/internal/replicas"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Name is the controller's, as kube-controller-manager has it.
const Name = "replicaset-controller"

// keeper keeps the pods of ReplicaSets.
type keeper struct {
	replicas.Kind[ReplicaSet]
}

// Register declares the controller.
func Register() {
	k := &keeper{replicas.Kind[ReplicaSet]{
		Owners: sdk.NewResource[ReplicaSet]("apps/v1", "replicasets", "ReplicaSet",
			sdk.IndexOwner(), sdk.Writes("status/patch")),
		Pods:        replicas.NewPods(),
		View:        view,
		Terminating: true,
	}}
	k.Siblings = k.siblings
	sdk.Plugin(Name, "1.37")
	sdk.EventSource(Name)
	sdk.Register(sdk.Controller{
		Name:        Name,
		For:         k.Owners,
		Watches:     replicas.Watches(k.Pods, "spec.selector"),
		Reconciler:  k,
		Concurrency: 5,
	})
}

// siblings returns the pods of the other ReplicaSets that have the same
// controller owner, the revisions of one Deployment: a node that is crowded
// with pods of several revisions is to be relieved as well.
func (k *keeper) siblings(ctx context.Context, owner *replicas.Owner) ([]replicas.Pod, error) {
	above := owner.ControllerOwner()
	if above == nil {
		return nil, nil
	}
	deployment := sdk.Header{UID: above.UID}
	sets, err := k.Owners.List(ctx, sdk.InNamespace(owner.Namespace), sdk.OwnedBy(deployment))
	if err != nil {
		return nil, err
	}
	var pods []replicas.Pod
	for i := range sets {
		if sets[i].UID == owner.UID {
			continue
		}
		of, err := k.Pods.List(ctx, sdk.InNamespace(owner.Namespace), sdk.OwnedBy(&sets[i]))
		if err != nil {
			return nil, err
		}
		pods = append(pods, of...)
	}
	return pods, nil
}
