// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"context"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/plugins/internal/quantity"
	"github.com/wasm-controller-manager/wcm/sdk"
)

const (
	// soon is the time to the next look at a quota that has changed or of which
	// something was deleted, since the caches may have been behind; and at one
	// that counts what is not watched.
	soon = 10 * time.Second
	// calm is the time to the next look at a quota whose status has changed
	// meanwhile: something was admitted that the caches do not have yet.
	calm = time.Second
)

// reconcile brings the status of a quota up to date.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	quota, err := quotas.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	used, failure := measure(ctx, quota)
	status := quota.status(used)
	next := sdk.Result{RequeueAfter: settings.Get(ctx).period()}
	// Woken by a deletion, the quota itself may be from before the admission.
	if woken := req.Due.IsZero() || req.Due.After(sdk.Now(ctx)); woken || pending(quota, status.Used) {
		next.RequeueAfter = earlier(next.RequeueAfter, soon)
	}
	if !status.equals(&quota.Status) {
		// The API server counts in the same status what it admits: never
		// overwrite what it has counted since.
		_, err := quotas.Update(ctx, quota.update(status),
			sdk.Subresource("status"), sdk.PreconditionUID(quota.UID), sdk.Unchanged(quota), sdk.InNamespace(quota.Namespace), sdk.Named(quota.Name))
		switch {
		case sdk.IsConflict(err):
			return sdk.Result{RequeueAfter: calm}, failure
		case err != nil:
			return sdk.Result{}, sdk.IgnoreNotFound(err)
		}
		next.RequeueAfter = earlier(next.RequeueAfter, soon)
	}
	return next, failure
}

// earlier returns the smaller of two times to wait, where zero is for ever.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// pending reports whether something is used whose end no watch tells.
func pending(q *ResourceQuota, used sdk.Labels) bool {
	return slices.ContainsFunc(q.Spec.Hard, func(limit sdk.Label) bool {
		switch r := resourceOf(limit.Key); {
		case r == "", r == podResource, r == serviceResource, r == claimResource, watchedKind(r) != nil:
			return false
		}
		amount := quantity.Parse(used.Get(limit.Key))
		return !amount.IsZero()
	})
}

// beginsToPend wakes a quota when the API server has admitted the first object
// that is not watched.
func beginsToPend(_ context.Context, c sdk.Change[ResourceQuota]) []sdk.Key {
	if c.After == nil || !pending(c.After, c.After.Status.Used) || c.Before != nil && pending(c.Before, c.Before.Status.Used) {
		return nil
	}
	return []sdk.Key{c.After.Key()}
}
