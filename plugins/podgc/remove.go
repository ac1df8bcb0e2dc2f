// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package podgc

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// remover deletes pods, as many as one reconcile may.
type remover struct {
	left   int  // how many more
	failed bool // the API server refused to delete one
}

const (
	forceDeletions     = sdk.Counter("force_delete_pods_total")
	forceDeletionFails = sdk.Counter("force_delete_pod_errors_total")
)

// remove deletes pods for a reason; with a condition it says why in their
// status first. What the API server refuses concerns one pod, so the others go
// on; any other error ends it.
func (r *remover) remove(ctx context.Context, reason string, victims []Pod, why *condition) error {
	for i := range victims {
		if r.left == 0 {
			return nil
		}
		r.left--
		pod := &victims[i]
		labels := []sdk.Label{{Key: "namespace", Value: pod.Namespace}, {Key: "reason", Value: reason}}
		forceDeletions.Add(ctx, 1, labels...)
		err := forceDelete(ctx, pod, why)
		if err == nil {
			sdk.LoggerFrom(ctx).Info("Pod is deleted by force", "pod", pod.Key().String(), "reason", reason, "node", pod.Spec.NodeName)
			continue
		}
		forceDeletionFails.Add(ctx, 1, labels...)
		if !sdk.IsForbidden(err) && !sdk.IsInvalid(err) {
			return err
		}
		r.failed = true
		sdk.LoggerFrom(ctx).Error(err, "Pod cannot be deleted", "pod", pod.Key().String(), "reason", reason)
	}
	return nil
}

// forceDelete deletes a pod without a grace period. One that has not ended is
// marked as failed before: no node will ever report that it has. A pod that is
// gone, or has become another one, needs nothing.
func forceDelete(ctx context.Context, pod *Pod, why *condition) error {
	if !pod.ended() {
		change := failure(pod, why, sdk.Now(ctx))
		_, err := pods.Patch(ctx, pod, sdk.StrategicPatch(change), sdk.Subresource("status"), sdk.PreconditionUID(pod.UID))
		if err != nil {
			return settled(err)
		}
	}
	return settled(pods.Delete(ctx, pod, sdk.GracePeriod(0), sdk.PreconditionUID(pod.UID)))
}

func settled(err error) error {
	if sdk.IsNotFound(err) || sdk.IsConflict(err) {
		return nil
	}
	return err
}
