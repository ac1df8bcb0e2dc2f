// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package garbagecollector

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

const (
	// blindDelay is when an object is looked at again of whose owners nothing will
	// tell: of a kind that is not served, or there, but in no cache. What comes and
	// goes while a watch is interrupted is never seen to go.
	blindDelay = time.Minute
	// batch is how many dependents are orphaned before others have their turn.
	batch = 200
)

// reconcile looks at the object of one uid.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	item, err := objects.Find(ctx, req.Name)
	if err != nil || item == nil || item.Gone || item.Object.UID != req.Name {
		return sdk.Result{}, err
	}
	var result sdk.Result
	switch o := item.Object; {
	case o.deleting() && o.has(orphanFinalizer):
		result, err = orphan(ctx, item)
	case o.waits():
		err = finish(ctx, item)
	case !o.deleting() && len(o.Metadata.OwnerReferences) > 0:
		result, err = collect(ctx, item)
	}
	if unserved := (*unservedError)(nil); errors.As(err, &unserved) {
		sdk.LoggerFrom(ctx).Info("Owner cannot be looked for", "object", item.Object.Key().String(), "kind", item.Resource.Kind, "error", err.Error())
		return sdk.Result{RequeueAfter: blindDelay}, nil
	}
	return result, err
}

// orphan takes the owner out of all its dependents, and then lets it go.
func orphan(ctx context.Context, owner *found) (sdk.Result, error) {
	dependents, err := objects.Dependents(ctx, owner.Object.UID)
	if err != nil {
		return sdk.Result{}, err
	}
	var failed []error
	for i := range dependents[:min(batch, len(dependents))] {
		failed = append(failed, removeOwners(ctx, &dependents[i], owner.Object.UID))
	}
	if err := errors.Join(failed...); err != nil {
		return sdk.Result{}, err
	}
	if len(dependents) > batch {
		return sdk.Result{RequeueAfter: time.Millisecond}, nil
	}
	return sdk.Result{}, removeFinalizer(ctx, owner, orphanFinalizer)
}

// finish lets an object go that is deleted in the foreground, when nothing is
// left that blocks it. Its dependents were woken when it changed, and it is when
// the last of them that blocks it does so no more.
func finish(ctx context.Context, owner *found) error {
	dependents, err := objects.Dependents(ctx, owner.Object.UID)
	if err != nil || blocked(owner.Object.UID, dependents) {
		return err
	}
	return removeFinalizer(ctx, owner, foregroundFinalizer)
}

// blocked reports whether one of the dependents blocks the deletion of an owner.
func blocked(owner string, dependents []found) bool {
	for i := range dependents {
		for _, ref := range dependents[i].Object.Metadata.OwnerReferences {
			if ref.UID == owner && ref.BlockOwnerDeletion {
				return true
			}
		}
	}
	return false
}

// collect deletes an object if all of its owners are gone or wait for it, and else
// takes these out of it. What the cache says is enough to do nothing.
func collect(ctx context.Context, item *found) (sdk.Result, error) {
	known, err := lookUp(ctx, item)
	if err != nil || known.allSolid(item.Object) {
		return sdk.Result{}, err
	}
	live, err := objects.Of(item.Resource).Get(ctx, item.Object.Key())
	if sdk.IsNotFound(err) || err == nil && (live.UID != item.Object.UID || live.deleting()) {
		return sdk.Result{}, nil // its going is, or will be, an event of its own
	}
	if err != nil || len(live.Metadata.OwnerReferences) == 0 {
		return sdk.Result{}, err
	}
	owners, err := classify(ctx, item.Resource, live, known)
	switch {
	case errors.Is(err, errScope):
		return sdk.Result{}, nil // nobody can own it; people were told
	case err != nil:
		return sdk.Result{}, err
	case len(owners.solid) == 0 && len(owners.waiting) > 0:
		return sdk.Result{}, remove(ctx, item, live)
	case len(owners.solid) == 0:
		return sdk.Result{}, deleteUnchanged(ctx, item, live, policyOf(live))
	case len(owners.dangling)+len(owners.waiting) > 0:
		// Those that wait would wait for ever for an object that stays.
		err = removeOwners(ctx, item, append(owners.dangling, owners.waiting...)...)
	}
	if owners.unseen {
		return sdk.Result{RequeueAfter: blindDelay}, err
	}
	return sdk.Result{}, err
}

// remove deletes an object for which an owner waits, and its own dependents before
// it if it has any.
func remove(ctx context.Context, item *found, live *Object) error {
	dependents, err := objects.Dependents(ctx, live.UID)
	switch {
	case err != nil:
		return err
	case len(dependents) == 0:
		return deleteUnchanged(ctx, item, live, policyOf(live))
	case live.blocks() && slices.ContainsFunc(dependents, func(d found) bool { return d.Object.waits() }):
		// One of them waits, perhaps for an owner of this one: a circle. The change
		// brings this object back here.
		return unblock(ctx, item)
	}
	return deleteUnchanged(ctx, item, live, sdk.Foreground)
}

// policyOf returns how an object is deleted: as it was asked for before, else in
// the background.
func policyOf(o *Object) sdk.Propagation {
	switch {
	case o.has(orphanFinalizer):
		return sdk.Orphan
	case o.has(foregroundFinalizer):
		return sdk.Foreground
	}
	return sdk.Background
}
