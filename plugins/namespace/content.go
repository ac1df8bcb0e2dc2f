// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// page is how many objects are listed at once.
const page = 500

// empty deletes what is in a namespace: pods, and when there are none left,
// everything else.
func empty(ctx context.Context, namespace string) *findings {
	f := &findings{remaining: map[string]int{}, finalizers: map[string]int{}}
	// What was served ten seconds ago is not enough: an object of a resource
	// that is not known is left behind for ever.
	discovery, err := sdk.Discover(ctx, sdk.Live())
	if err != nil {
		f.unknown = err.Error()
		return f
	}
	f.undiscovered = discovery.Failed
	pods, others := targets(discovery.Resources)
	emptyEach(ctx, f, namespace, pods)
	if len(f.remaining) == 0 {
		emptyEach(ctx, f, namespace, others)
	}
	return f
}

// emptyEach deletes the objects of some resources. What fails of one is written
// down and does not keep the others.
func emptyEach(ctx context.Context, f *findings, namespace string, resources []sdk.APIResource) {
	for i := range resources {
		r := &resources[i]
		t, err := emptyOne(ctx, namespace, r)
		f.add(title(r), t)
		switch {
		case err != nil:
			f.failures = append(f.failures, err.Error())
		case t.count > 0 && t.wait == 0:
			f.failures = append(f.failures, "unexpected items still remain in namespace: "+namespace+" for gvr: "+r.Group+"/"+r.Version+", Resource="+r.Resource)
		}
	}
}

// emptyOne deletes the objects of one resource and returns what is left of
// them. It looks first: most resources have none.
func emptyOne(ctx context.Context, namespace string, r *sdk.APIResource) (tally, error) {
	of, lists := things.Of(*r), r.Can("list")
	var before tally
	if lists {
		var err error
		if before, err = survey(ctx, of, namespace); err != nil || before.untouched == 0 {
			return before, unserved(err)
		}
	}
	if err := deleteAll(ctx, of, namespace, r.Can("deletecollection"), lists); err != nil || !lists {
		return before, unserved(err)
	}
	left, err := survey(ctx, of, namespace)
	return left, unserved(err)
}

// deleteAll deletes the objects of a resource as a collection, or one by one
// where the server has no collections, whatever it says of itself.
func deleteAll(ctx context.Context, of *sdk.Resource[Thing], namespace string, collects, lists bool) error {
	if collects {
		err := of.DeleteCollection(ctx, namespace, sdk.PropagationPolicy(sdk.Background))
		if !sdk.IsUnsupported(err) {
			return err
		}
	}
	if lists {
		return deleteEach(ctx, of, namespace)
	}
	return nil
}

// unserved leaves out the error of a resource that is not, or no longer, there,
// or that cannot be listed although its server says so: then there are no
// objects of it, or none that anybody could find.
func unserved(err error) error {
	if sdk.IsNotFound(err) || sdk.IsUnsupported(err) {
		return nil
	}
	return err
}

func survey(ctx context.Context, of *sdk.Resource[Thing], namespace string) (tally, error) {
	var t tally
	for thing, err := range of.All(ctx, sdk.InNamespace(namespace), sdk.PageSize(page)) {
		if err != nil {
			return t, err
		}
		t.add(thing, sdk.Now(ctx))
	}
	return t, nil
}

func deleteEach(ctx context.Context, of *sdk.Resource[Thing], namespace string) error {
	for thing, err := range of.All(ctx, sdk.InNamespace(namespace), sdk.PageSize(page)) {
		if err != nil {
			return err
		}
		if !thing.untouched() {
			continue
		}
		if err := of.Delete(ctx, thing, sdk.PropagationPolicy(sdk.Background)); unserved(err) != nil {
			return err
		}
	}
	return nil
}
