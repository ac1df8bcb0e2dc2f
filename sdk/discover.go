// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"reflect"
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
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
// server then sends no more. [Reads] and [Writes] say what is done with them;
// what is granted is decided for each.
func NewAny[T any](options ...ResourceOption) *Any[T] {
	a := new(Any[T])
	a.resource.declare(reflect.TypeFor[T](), abi.AnyResource+"/"+abi.AnyResource, abi.AnyResource, abi.AnyResource, options)
	return a
}

// Of returns one resource, of which nothing is cached: reads are live. It needs
// the group, version and plural name, and the kind to create, apply, update, and
// report events. It costs next to nothing and is not declared anywhere.
func (a *Any[T]) Of(r APIResource) *Resource[T] {
	of := &Resource[T]{resource: a.resource}
	of.Group, of.Version, of.Resource.Resource, of.Kind = r.Group, r.Version, r.Resource, r.Kind
	of.target = abi.Target{Group: r.Group, Version: r.Version, Resource: r.Resource, Kind: r.Kind}
	of.name = of.target.String()
	return of
}
