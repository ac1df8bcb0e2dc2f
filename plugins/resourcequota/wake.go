// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"context"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// wake returns the mapping of changes of a resource: a deletion, or what same
// says is not the same, wakes the quotas of the namespace that are about the
// resource. A creation needs no look, since the API server has counted it.
func wake[T any](of *sdk.Resource[T], resource string, same func(ctx context.Context, before, after *T) bool) sdk.Mapping {
	return sdk.MapFunc(of, func(ctx context.Context, c sdk.Change[T]) []sdk.Key {
		if c.Before == nil || c.After != nil && same(ctx, c.Before, c.After) {
			return nil
		}
		before, _ := any(c.Before).(sdk.Object)
		return about(ctx, before.Key().Namespace, resource)
	}).SameNamespace()
}

// about returns the quotas of a namespace that are about a resource.
func about(ctx context.Context, namespace, resource string) []sdk.Key {
	var keys []sdk.Key
	for q, err := range quotas.All(ctx, sdk.InNamespace(namespace)) {
		if err != nil {
			sdk.LoggerFrom(ctx).Error(err, "Quotas are not looked at before their next time", "namespace", namespace)
			break
		}
		if slices.ContainsFunc(q.Spec.Hard, func(l sdk.Label) bool { return resourceOf(l.Key) == resource }) {
			keys = append(keys, q.Key())
		}
	}
	return keys
}

func samePod(ctx context.Context, before, after *Pod) bool {
	now := sdk.Now(ctx)
	a, b := before.bill(now), after.bill(now)
	return before.UID == after.UID && before.terminates() == after.terminates() && a.ended == b.ended &&
		slices.Equal(a.requests, b.requests) && slices.Equal(a.limits, b.limits)
}

func sameService(_ context.Context, a, b *Service) bool {
	return a.UID == b.UID && a.nodePorts() == b.nodePorts() && a.loadBalancers() == b.loadBalancers()
}

func sameClaim(_ context.Context, a, b *Claim) bool {
	return a.UID == b.UID && a.class() == b.class() && a.storage() == b.storage() && a.attributes() == b.attributes()
}

func sameThing(_ context.Context, a, b *Thing) bool { return a.UID == b.UID }

func sameQuota(_ context.Context, a, b *ResourceQuota) bool { return a.UID == b.UID }
