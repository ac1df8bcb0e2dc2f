// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconcile brings the pods of one replication controller closer to what its
// spec asks for and writes down what is there. It holds nothing in memory:
// the host's reads include the plugin's own writes, so counting the pods that
// it sees is enough to never create one too many.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	rc, err := controllers.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	// An attempt that failed may have created pods all the same: a request that
	// times out has no answer that the host could remember.
	active, err := claimPods(ctx, rc, req.Attempt > 0)
	if err != nil {
		return sdk.Result{}, err
	}
	var failure *manageError
	if !rc.Deleting() {
		active, failure = manage(ctx, rc, active)
	}
	now := sdk.Now(ctx)
	if err := writeStatus(ctx, rc, observe(rc, active, failure, now)); err != nil {
		return sdk.Result{}, err
	}
	if failure != nil {
		return sdk.Result{}, failure
	}
	return sdk.Result{RequeueAfter: nextAvailable(active, rc.Spec.MinReadySeconds, now)}, nil
}

// manage creates or deletes pods and returns those that are active then.
func manage(ctx context.Context, rc *ReplicationController, active []*Pod) ([]*Pod, *manageError) {
	missing, surplus := shortfall(len(active), rc.replicas())
	if missing > 0 {
		created, err := createPods(ctx, rc, missing)
		return append(active, created...), failed(reasonFailedCreate, err)
	}
	left, err := deletePods(ctx, rc, active, surplus)
	return left, failed(reasonFailedDelete, err)
}

// writeStatus writes the status if it changed. It does not mind changes of
// the object in between: the status says which generation it is about.
func writeStatus(ctx context.Context, rc *ReplicationController, status Status) error {
	if equal(rc.Status, status) {
		return nil
	}
	change := struct {
		Status Status `json:"status"`
	}{status}
	_, err := controllers.Patch(ctx, rc, sdk.MergePatch(change), sdk.Subresource("status"), sdk.PreconditionUID(rc.UID))
	return sdk.IgnoreNotFound(err)
}
