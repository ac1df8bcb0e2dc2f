// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package garbagecollector

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// owners are the uids of an object's owners.
type owners struct {
	solid    []string // there, and staying
	dangling []string // not there
	waiting  []string // being deleted in the foreground
	unseen   bool     // one of the solid is in no cache, so that nothing tells when it goes
}

// errScope says that an object without a namespace names an owner in one.
var errScope = errors.New("an object without a namespace has an owner of a kind in namespaces")

// unservedError reports an owner of a kind that the API server does not serve.
type unservedError struct{ ref sdk.OwnerReference }

// Error names the kind.
func (e *unservedError) Error() string {
	return "the API server serves no " + e.ref.APIVersion + " " + e.ref.Kind
}

// cached is what the cache has of the owners of an object, by uid.
type cached map[string]*found

// lookUp finds the owners in the cache, and tells people of one that is in another
// namespace.
func lookUp(ctx context.Context, item *found) (cached, error) {
	known := cached{}
	for _, ref := range item.Object.Metadata.OwnerReferences {
		owner, err := objects.Find(ctx, ref.UID)
		if err != nil {
			return nil, err
		}
		known[ref.UID] = owner
		if owner != nil && item.Object.Namespace != "" && !reachable(item.Object.Namespace, owner.Object.Namespace) {
			report(ctx, item, ref)
		}
	}
	return known, nil
}

// reachable reports whether an object of a namespace can have an owner of another.
func reachable(namespace, owner string) bool { return owner == "" || owner == namespace }

// report tells people of an owner that can be none.
func report(ctx context.Context, item *found, ref sdk.OwnerReference) {
	namespace := item.Object.Namespace
	objects.Of(item.Resource).Event(ctx, item.Object, sdk.Warning, "OwnerRefInvalidNamespace",
		"ownerRef ["+ref.APIVersion+"/"+ref.Kind+", namespace: "+namespace+", name: "+ref.Name+", uid: "+ref.UID+
			"] does not exist in namespace "+strconv.Quote(namespace))
}

// is reports whether the object of the reference's uid is the one that it names.
func (k cached) is(ref sdk.OwnerReference, namespace string) bool {
	o := k[ref.UID]
	return o != nil && o.Object.UID == ref.UID && o.Object.Name == ref.Name && o.Resource.Kind == ref.Kind &&
		o.Resource.Group == groupOf(ref.APIVersion) && reachable(namespace, o.Object.Namespace)
}

// solid reports whether the owner is there, and stays.
func (k cached) solid(ref sdk.OwnerReference, namespace string) bool {
	return k.is(ref, namespace) && !k[ref.UID].Gone && !k[ref.UID].Object.waits()
}

// gone reports whether the owner was seen to go.
func (k cached) gone(ref sdk.OwnerReference, namespace string) bool {
	return k.is(ref, namespace) && k[ref.UID].Gone
}

func (k cached) allSolid(o *Object) bool {
	for _, ref := range o.Metadata.OwnerReferences {
		if !k.solid(ref, o.Namespace) {
			return false
		}
	}
	return true
}

// classify finds out what has become of the owners that an object has now. An owner
// is gone if it was seen to go, or if the API server says so; that it is not in the
// cache means nothing.
func classify(ctx context.Context, resource sdk.APIResource, o *Object, known cached) (owners, error) {
	var sorted owners
	for _, ref := range o.Metadata.OwnerReferences {
		switch {
		case known.solid(ref, o.Namespace):
			sorted.solid = append(sorted.solid, ref.UID)
			continue
		case known.gone(ref, o.Namespace):
			sorted.dangling = append(sorted.dangling, ref.UID)
			continue
		}
		owner, err := ask(ctx, resource, o, ref)
		switch {
		case err != nil:
			return owners{}, err
		case owner == nil:
			sorted.dangling = append(sorted.dangling, ref.UID)
		case owner.waits():
			sorted.waiting = append(sorted.waiting, ref.UID)
		default:
			sorted.solid = append(sorted.solid, ref.UID)
			sorted.unseen = sorted.unseen || known[ref.UID] == nil
		}
	}
	return sorted, nil
}

// ask asks the API server for the owner of an object, nil if there is none.
func ask(ctx context.Context, resource sdk.APIResource, o *Object, ref sdk.OwnerReference) (*Object, error) {
	kind, err := resolve(ctx, ref)
	if err != nil {
		return nil, err
	}
	key := sdk.Key{Name: ref.Name}
	if kind.Namespaced {
		if key.Namespace = o.Namespace; key.Namespace == "" {
			report(ctx, &found{Resource: resource, Object: o}, ref)
			return nil, errScope
		}
	}
	owner, err := objects.Of(kind).Get(ctx, key)
	if sdk.IsNotFound(err) || err == nil && owner.UID != ref.UID {
		return nil, nil
	}
	return owner, err
}

// resolve finds the resource of a reference: in its version, or else in another,
// in which the object is the same.
func resolve(ctx context.Context, ref sdk.OwnerReference) (sdk.APIResource, error) {
	served, err := sdk.Discover(ctx)
	if err != nil {
		return sdk.APIResource{}, err
	}
	var match *sdk.APIResource
	for i := range served.Resources {
		r := &served.Resources[i]
		if r.Kind != ref.Kind || r.Group != groupOf(ref.APIVersion) || !r.Can("get") {
			continue
		}
		if r.APIVersion() == ref.APIVersion {
			return *r, nil
		}
		if match == nil || r.Preferred {
			match = r
		}
	}
	if match == nil {
		return sdk.APIResource{}, &unservedError{ref}
	}
	return *match, nil
}

func groupOf(apiVersion string) string {
	group, _, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
		return ""
	}
	return group
}
