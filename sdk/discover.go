// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"reflect"
	"slices"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// APIResource is a resource that the API server serves.
type APIResource abi.APIResource

// APIVersion returns the group and version as objects have it, "apps/v1".
func (r *APIResource) APIVersion() string {
	if r.Group == "" {
		return r.Version
	}
	return r.Group + "/" + r.Version
}

// Can reports whether the resource has all of the verbs.
func (r *APIResource) Can(verbs ...string) bool {
	return !slices.ContainsFunc(verbs, func(verb string) bool { return !slices.Contains(r.Verbs, verb) })
}

// Discovery is what the API server serves.
type Discovery struct {
	// Resources are all resources in all versions, without subresources.
	Resources []APIResource
	// Failed are the group versions of which nothing is known, because the
	// server that has them does not answer: "metrics.k8s.io/v1beta1".
	Failed []string
}

// DiscoverOption changes how [Discover] asks: [Live].
type DiscoverOption interface{ discover(r *abi.DiscoverRequest) }

func (LiveOption) discover(r *abi.DiscoverRequest) { r.Live = true }

// Discover returns what the API server serves, as the host knows it: ten
// seconds old at most, or as it is now with [Live]. Declare it with
// [WantDiscovery].
func Discover(ctx context.Context, options ...DiscoverOption) (*Discovery, error) {
	var m abi.DiscoverRequest
	for _, option := range options {
		option.discover(&m)
	}
	answer := instanceFrom(ctx).discover(ctx, m.Append(nil))
	if answer.status != abi.StatusOK {
		return nil, answer.failure(abi.OpDiscover, nil, Key{})
	}
	var found abi.Discovery
	if err := found.Decode(answer.b); err != nil {
		return nil, &APIError{Operation: abi.OpDiscover, Status: abi.StatusInternal, Message: err.Error()}
	}
	d := &Discovery{Resources: make([]APIResource, len(found.Resources)), Failed: found.Failed}
	for i := range found.Resources {
		d.Resources[i] = APIResource(found.Resources[i])
	}
	return d, nil
}

// Any is every resource, as objects of type T, for controllers that learn at
// run time which resources there are.
type Any[T any] struct{ resource resource }

// NewAny declares that the plugin works with resources that it does not know
// yet. T is as in [NewResource], and most often [Metadata], of which the API
// server then sends no more. A [Controller] may be For it: its keys are uids, in
// Key.Name, of objects that have owners or are being deleted when they change, of
// objects being deleted when nothing that they own blocks that any more, and of
// those that are owned by an object that is being deleted and changes, or goes.
// [Reads] and [Writes] say what is done with them; what is granted is decided for
// each.
func NewAny[T any](options ...ResourceOption) *Any[T] {
	a := new(Any[T])
	a.resource.declare(reflect.TypeFor[T](), abi.AnyResource+"/"+abi.AnyResource, abi.AnyResource, abi.AnyResource, options)
	return a
}

func (a *Any[T]) declared() *resource { return &a.resource }

// Found is an object of some resource, as the host's cache has it.
type Found[T any] struct {
	Resource APIResource // without scope and verbs
	Object   *T
	// Gone says that the object was seen to go; it has its name, namespace and uid.
	Gone bool
}

// Find returns the object of a uid, nil if there is none: it is not there, not
// granted, of a resource that cannot be watched and deleted, or not yet in the
// cache. A controller that is For any resource can find objects.
func (a *Any[T]) Find(ctx context.Context, uid string) (*Found[T], error) {
	found, err := a.find(ctx, abi.IndexUID, uid)
	if len(found) == 0 {
		return nil, err
	}
	return &found[0], err
}

// Dependents returns the objects that name a uid as one of their owners.
func (a *Any[T]) Dependents(ctx context.Context, uid string) ([]Found[T], error) {
	return a.find(ctx, abi.IndexOwners, uid)
}

func (a *Any[T]) find(ctx context.Context, index abi.IndexKind, uid string) ([]Found[T], error) {
	r := &a.resource
	m := abi.ListRequest{Resource: r.index, Index: abi.Index{Kind: index}, Value: uid}
	answer := instanceFrom(ctx).list(ctx, m.Append(nil))
	if answer.status != abi.StatusOK {
		return nil, answer.failure(abi.OpList, r, Key{Name: uid})
	}
	var list abi.ListResult
	if err := list.Decode(answer.b); err != nil || len(list.Items) != len(list.Targets) {
		return nil, r.malformed(abi.OpList, Key{Name: uid}, "the list is not one of any resource")
	}
	found := make([]Found[T], len(list.Items))
	for i, item := range list.Items {
		t, f := &list.Targets[i], &found[i]
		f.Object = new(T)
		f.Resource = APIResource{Group: t.Group, Version: t.Version, Resource: t.Resource, Kind: t.Kind}
		object := unsafe.Pointer(f.Object)
		body, err := plan.CutHeader(string(item), r.headerOf(object))
		if f.Gone = body == ""; err == nil && !f.Gone {
			err = r.plan.Decode(body, object)
		}
		if err != nil {
			return nil, r.malformed(abi.OpList, Key{Name: uid}, err.Error())
		}
	}
	return found, nil
}

// Of returns one resource, of which nothing is cached: reads are live. It needs
// the group, version and plural name, and the kind to create, apply, update, and
// report events. It costs next to nothing and is not declared anywhere.
func (a *Any[T]) Of(r APIResource) *Resource[T] {
	of := &Resource[T]{resource: a.resource}
	of.Group, of.Version, of.Resource.Resource, of.Kind = r.Group, r.Version, r.Resource, r.Kind
	of.target = abi.Target{Group: r.Group, Version: r.Version, Resource: r.Resource, Kind: r.Kind}
	of.name = of.target.String()
	of.reach()
	return of
}
