// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"context"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

const (
	// grace is how long a namespace that is being deleted is let alone: other
	// API servers may not know of it yet, and still create objects in it.
	grace = 5 * time.Second
	// retry is the time between two tries of what failed, at most.
	retry = time.Minute
)

// reconcile empties a namespace that is being deleted and lets go of it.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	namespace, err := namespaces.Get(ctx, req.Key)
	if err != nil || !namespace.closes() {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	if wait := grace - sdk.Now(ctx).Sub(namespace.DeletionTimestamp.Time); wait > 0 {
		return sdk.Result{RequeueAfter: wait}, nil
	}
	// A new namespace of this name may have taken its place, and must not lose
	// what is in it.
	known := namespace.UID
	namespace, err = namespaces.Get(ctx, req.Key, sdk.Live())
	if err != nil || namespace.UID != known || !namespace.closes() {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	f := empty(ctx, namespace.Name)
	if namespace, err = report(ctx, namespace, f); err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	if f.empty() {
		return sdk.Result{}, release(ctx, namespace)
	}
	since := sdk.Now(ctx).Sub(namespace.DeletionTimestamp.Time)
	return sdk.Result{RequeueAfter: min(pause(f, since), settings.Get(ctx).period)}, nil
}

// pause is the time to the next look at what remains: half of what it should
// take and a second, as upstream's. In the first seconds it is shorter, since
// most pods end long before they must.
func pause(f *findings, since time.Duration) time.Duration {
	soon := since/2 + time.Second
	if f.failed() {
		return min(soon, retry)
	}
	return min(soon, f.wait/2+time.Second)
}

// report writes the conditions, if they change, and returns the namespace as it
// is then.
func report(ctx context.Context, namespace *Namespace, f *findings) (*Namespace, error) {
	conditions, changed := merge(namespace.Status.Conditions, f.conditions(), sdk.Now(ctx))
	if !changed && namespace.Status.Phase == phaseTerminating {
		return namespace, nil
	}
	if f.failed() {
		sdk.LoggerFrom(ctx).Warn("Namespace cannot be emptied", "failures", sorted(f.failures), "undiscovered", f.undiscoveredMessage())
	}
	u := namespace.update()
	u.Status = Status{Phase: phaseTerminating, Conditions: conditions}
	return namespaces.Update(ctx, u, sdk.Subresource("status"), sdk.Named(namespace.Name), sdk.PreconditionUID(namespace.UID), sdk.Unchanged(namespace))
}

const phaseTerminating = "Terminating"

// release takes the finalizer away, with which the namespace goes unless others
// have something to do.
func release(ctx context.Context, namespace *Namespace) error {
	u := namespace.update()
	u.Spec.Finalizers = slices.DeleteFunc(slices.Clone(u.Spec.Finalizers), func(f string) bool { return f == kubernetesFinalizer })
	_, err := namespaces.Update(ctx, u, sdk.Subresource("finalize"), sdk.Named(namespace.Name), sdk.PreconditionUID(namespace.UID), sdk.Unchanged(namespace))
	return sdk.IgnoreNotFound(err)
}
