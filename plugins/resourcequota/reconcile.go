// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"context"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// soon is the time to the next look at a quota that has changed, since the
// caches may have been behind; and at one that counts what is not watched.
const soon = 10 * time.Second

// reconcile brings the status of a quota up to date.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	quota, err := quotas.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	used, failure := measure(ctx, quota)
	status := quota.status(used)
	next := sdk.Result{RequeueAfter: settings.Get(ctx).period()}
	if pending(quota, used) {
		next.RequeueAfter = min(next.RequeueAfter, soon)
	}
	if !status.equals(&quota.Status) {
		// The API server counts in the same status what it admits: never
		// overwrite what it has counted since.
		_, err := quotas.Update(ctx, quota.update(status),
			sdk.Subresource("status"), sdk.PreconditionUID(quota.UID), sdk.Unchanged(quota), sdk.InNamespace(quota.Namespace), sdk.Named(quota.Name))
		if err != nil {
			return sdk.Result{}, sdk.IgnoreNotFound(err)
		}
		next.RequeueAfter = min(next.RequeueAfter, soon)
	}
	return next, failure
}

// pending reports whether something is used whose end no watch tells.
func pending(q *ResourceQuota, used usage) bool {
	return slices.ContainsFunc(countedKeys(q), func(key string) bool {
		n := used[key]
		return !n.IsZero() && !slices.ContainsFunc(watched, func(w kind) bool { return w.name() == resourceOf(key) })
	})
}
