// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package garbagecollector

import (
	"context"
	"slices"
	"strconv"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func ignoreNotFound(err error) error {
	if sdk.IsNotFound(err) {
		return nil
	}
	return err
}

// tries is how often a patch is made anew for an object that changes meanwhile.
const tries = 3

// patch changes the object as it is now by the operations that steps returns for
// it; none change nothing. An object that is gone, or another one, stays as it is.
func patch(ctx context.Context, item *found, steps func(o *Object) []sdk.JSONOperation) error {
	r := objects.Of(item.Resource)
	for left := tries; ; left-- {
		live, err := r.Get(ctx, item.Object.Key())
		if err != nil || live.UID != item.Object.UID {
			return ignoreNotFound(err)
		}
		operations := steps(live)
		if len(operations) == 0 {
			return nil
		}
		// What the operations name may be gone from an object that has changed, which
		// is said before the conflict is.
		_, err = r.Patch(ctx, live, sdk.JSONPatch(operations...), sdk.PreconditionUID(live.UID), sdk.Unchanged(live))
		if !sdk.IsConflict(err) && !sdk.IsInvalid(err) || left == 1 {
			return ignoreNotFound(err)
		}
	}
}

// removeOwners takes owners out of an object.
func removeOwners(ctx context.Context, item *found, uids ...string) error {
	return patch(ctx, item, func(o *Object) []sdk.JSONOperation {
		var steps []sdk.JSONOperation
		for i, ref := range slices.Backward(o.Metadata.OwnerReferences) { // so that the indexes stay right
			if slices.Contains(uids, ref.UID) {
				steps = append(steps, sdk.Remove("/metadata/ownerReferences/"+strconv.Itoa(i)))
			}
		}
		return steps
	})
}

// unblock lets the owners of an object go before it.
func unblock(ctx context.Context, item *found) error {
	return patch(ctx, item, func(o *Object) []sdk.JSONOperation {
		var steps []sdk.JSONOperation
		for i, ref := range o.Metadata.OwnerReferences {
			if ref.BlockOwnerDeletion {
				steps = append(steps, sdk.Replace("/metadata/ownerReferences/"+strconv.Itoa(i)+"/blockOwnerDeletion", false))
			}
		}
		return steps
	})
}

// removeFinalizer takes a finalizer out of an object.
func removeFinalizer(ctx context.Context, item *found, finalizer string) error {
	return patch(ctx, item, func(o *Object) []sdk.JSONOperation {
		i := slices.Index(o.Metadata.Finalizers, finalizer)
		if i < 0 {
			return nil
		}
		return []sdk.JSONOperation{sdk.Remove("/metadata/finalizers/" + strconv.Itoa(i))}
	})
}

// deleteUnchanged deletes an object whose owners are as they were seen. One that
// changes all the time in other fields is deleted, too.
func deleteUnchanged(ctx context.Context, item *found, seen *Object, policy sdk.Propagation) error {
	r, how := objects.Of(item.Resource), []sdk.WriteOption{sdk.PreconditionUID(seen.UID), sdk.PropagationPolicy(policy)}
	err := r.Delete(ctx, seen, append(how, sdk.Unchanged(seen))...)
	if !sdk.IsConflict(err) {
		return ignoreNotFound(err)
	}
	now, getErr := r.Get(ctx, seen.Key())
	if getErr != nil {
		return ignoreNotFound(getErr)
	}
	if now.UID != seen.UID || !slices.Equal(now.Metadata.OwnerReferences, seen.Metadata.OwnerReferences) {
		return err
	}
	return ignoreNotFound(r.Delete(ctx, seen, how...))
}
