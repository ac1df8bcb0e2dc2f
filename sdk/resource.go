// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// Resource is an API resource as objects of type T: the view of it that the
// plugin has. T is a struct that embeds [Metadata] or [Header]; its fields,
// named by their json tags, are the projection that the host keeps and
// delivers.
//
// Fields may be of the types bool, integers, floats, string, []byte, [Time],
// [MicroTime], [IntOrString], [Labels], [Raw], and of structs,
// slices, maps with string keys and pointers of these. A value that is absent
// from the object is the zero value; a pointer tells absent from empty.
type Resource[T any] struct {
	resource
	slab []T // objects that are still to be given out, if alone
}

// AnyResource is a [*Resource] of any type, or an [*Any].
type AnyResource interface{ declared() *resource }

// resource is everything but the type, so that a module has the code once
// and not for every type.
type resource struct {
	abi.Resource
	index  uint32 // in the description of the module
	name   string // "v1/pods"
	plan   *plan.Plan
	header uintptr     // where the Header is in the type
	slabs  *plan.Slabs // nil where several goroutines may read
	// target is the resource that operations name, if it is any resource; else none.
	target abi.Target
	// getting is [resource.getRequest] on the wire.
	getting []byte
	// parse sets an object from JSON, in which answers come without a
	// projection. It is only set for such resources: the linker leaves the
	// parser out of a plugin that has none.
	parse func(p *plan.Plan, text string, object unsafe.Pointer) error
}

func (r *resource) declared() *resource { return r }

// live reports whether every read asks the API server.
func (r *resource) live() bool { return !r.Cached() || r.target != abi.Target{} }

// APIVersion returns the group and version as objects have it, "apps/v1".
func (r *resource) APIVersion() string {
	if r.Group == "" {
		return r.Version
	}
	return r.Group + "/" + r.Version
}

// NewResource declares a resource, as in
//
//	var pods = sdk.NewResource[Pod]("v1", "pods", "Pod", sdk.IndexOwner())
//
// The resource is the plural name as it stands in URLs. Call it for package
// variables; it panics, naming the field, if T cannot be a projection.
func NewResource[T any](apiVersion, name, kind string, options ...ResourceOption) *Resource[T] {
	r := new(Resource[T])
	r.declare(reflect.TypeFor[T](), apiVersion, name, kind, options)
	return r
}

func (r *resource) declare(t reflect.Type, apiVersion, name, kind string, options []ResourceOption) {
	var found bool
	if r.header, found = headerOffset(t); !found {
		panic("sdk: resource " + apiVersion + "/" + name + ": type " + t.Name() + " does not embed sdk.Metadata or sdk.Header")
	}
	var err error
	if r.plan, err = plan.Project(t); err != nil {
		panic("sdk: resource " + apiVersion + "/" + name + ": " + err.Error())
	}
	r.Version = apiVersion
	if group, version, grouped := strings.Cut(apiVersion, "/"); grouped {
		r.Group, r.Version = group, version
	}
	r.Resource.Resource, r.Kind = name, kind
	r.Projection, r.ProjectionHash = r.plan.Shape(), r.plan.Shape().Hash()
	for _, option := range options {
		option(r)
	}
	r.name = r.Resource.String()
	if alone {
		r.slabs = r.plan.NewSlabs()
	}
	module.addResource(r)
	r.reach()
}

// reach prepares what depends on where operations go.
func (r *resource) reach() {
	m := r.getRequest()
	r.getting = m.Append(nil)
}

// same reports whether another declaration is of the same resource.
func (r *resource) same(other abi.Resource) bool {
	return other.Group == r.Group && other.Version == r.Version && other.Resource == r.Resource.Resource
}

// headerOffset finds the embedded Header of a struct type.
func headerOffset(t reflect.Type) (uintptr, bool) {
	if t == reflect.TypeFor[Header]() {
		return 0, true
	}
	if t.Kind() != reflect.Struct {
		return 0, false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous {
			continue
		}
		if offset, found := headerOffset(f.Type); found {
			return f.Offset + offset, true
		}
	}
	return 0, false
}

// ResourceOption adds to the declaration of a resource.
type ResourceOption func(r *resource)

// IndexOwner has the host index the objects by their controller owner, for
// [OwnedBy] and [Orphans].
func IndexOwner() ResourceOption { return index(abi.Index{Kind: abi.IndexOwner}) }

// IndexLabel has the host index the objects by the value of a label, for
// [ByLabel].
func IndexLabel(key string) ResourceOption {
	return index(abi.Index{Kind: abi.IndexLabel, Key: key})
}

// IndexField has the host index the objects by a field of the projection, a
// path such as "spec.nodeName", for [ByField].
func IndexField(path string) ResourceOption {
	return index(abi.Index{Kind: abi.IndexField, Key: path})
}

func index(i abi.Index) ResourceOption {
	return func(r *resource) { r.Indexes = append(r.Indexes, i) }
}

// Writes declares what the plugin wants to do to the resource besides reading
// it, as RBAC names it: the verbs "create", "update", "patch" (which Apply
// needs too, and "create" where it may create), "delete" and
// "deletecollection", with a subresource before it if it is for one:
// "status/patch". The operator of the cluster grants them. It panics at
// another verb.
func Writes(verbs ...string) ResourceOption {
	checkVerbs("Writes", verbs, "create", "update", "patch", "delete", "deletecollection")
	return func(r *resource) { r.Writes = append(r.Writes, verbs...) }
}

// Reads declares what the plugin wants to read of the resource beside what its
// type says: a subresource, "scale/get" for [Resource.GetSubresource]; and for
// a resource that is [Uncached] the verbs "get" and "list". It panics at
// another verb.
func Reads(verbs ...string) ResourceOption {
	checkVerbs("Reads", verbs, "get", "list")
	return func(r *resource) { r.Reads = append(r.Reads, verbs...) }
}

func checkVerbs(option string, verbs []string, known ...string) {
	for _, verb := range verbs {
		if name := verb[strings.LastIndexByte(verb, '/')+1:]; !slices.Contains(known, name) {
			panic("sdk: " + option + "(" + verb + "): no such verb, expected one of " + strings.Join(known, ", "))
		}
	}
}

// Uncached declares that the host keeps no cache of the resource for this
// plugin, because it only writes it, or reads an object now and then: Get and
// List then ask the API server, and need [Reads]. So a plugin that reads one
// Secret need not be granted to list them all.
func Uncached() ResourceOption {
	return func(r *resource) {
		r.Projection, r.ProjectionHash = nil, 0
		r.parse = (*plan.Plan).ParseJSON
	}
}
