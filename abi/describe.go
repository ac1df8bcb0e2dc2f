// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Description is what a module says of itself, the result of wcm_describe.
type Description struct {
	Name        string // the plugin's name unless its installation gives another; a DNS label
	Version     string // for people
	SDK         string // what the module was made with, "go 1" for example; for people
	Features    uint64 // feature bits that the module wants; none are defined yet
	Resources   []Resource
	Controllers []Controller
	Settings    *record.Shape // the settings that it takes; nil if it takes none

	// What the module wants besides resources; see grants in README.md.
	HTTP          []HTTP   // servers that it calls
	Sign          []string // keys of the host that are to sign for it
	Discover      bool     // it asks which resources the API server has
	FieldManagers []string // names under which it writes beside the plugin's own
}

// HTTP is what a module wants of servers other than the API server.
type HTTP struct {
	// Hosts are names, addresses, "*.example.com" for all names below one, or
	// "*" for all, each with an optional ":port" or ":*".
	Hosts   []string
	Methods []string // none: GET and HEAD
	Plain   bool     // http:// as well as https://
	// Optional says that the module works, if not in every configuration,
	// where none of it is granted.
	Optional bool
}

// Resource is one API resource that the module watches, reads or writes.
// Operations and watches refer to it by its index in the description. With "*"
// as Group, Version, Resource and Kind it is any resource: operations name the
// one that they are about by a [Target], and there is no cache.
type Resource struct {
	Group    string // empty for the core group
	Version  string
	Resource string // plural, lower case
	Kind     string
	// Projection is the fields that the module gets, lists and watches,
	// canonical. Nil: there is no cache of the resource for it.
	Projection *record.Shape
	// ProjectionHash is Projection.Hash() as the guest computed it.
	ProjectionHash uint64
	Indexes        []Index
	// Writes lists what the module wants to do to the resource besides reading
	// it, as RBAC names it, with an optional subresource before it: "create",
	// "deletecollection", "status/patch". Apply is a patch.
	Writes []string
	// Reads lists what the module reads that the projection does not cover:
	// "get" and "list" where there is none, and gets of subresources,
	// "scale/get".
	Reads []string
}

// Any reports whether m stands for any resource.
func (m *Resource) Any() bool { return m.Group == AnyResource }

// Cached reports whether the module reads the resource from the host's cache.
func (m *Resource) Cached() bool { return m.Projection != nil && !m.Any() }

// Wants reports whether the description asks for a verb of the resource,
// which may have a subresource before it: "list", "status/patch". A projection
// stands for get and list.
func (m *Resource) Wants(verb string) bool {
	if m.Cached() && (verb == verbGet || verb == verbList) {
		return true
	}
	return slices.Contains(m.Reads, verb) || slices.Contains(m.Writes, verb)
}

// String names the resource as group/version/resource, without the group if
// it is the core one: "v1/pods", "apps/v1/replicasets".
func (m *Resource) String() string {
	if m.Group == "" {
		return m.Version + "/" + m.Resource
	}
	return m.Group + "/" + m.Version + "/" + m.Resource
}

// AnyResource stands in the fields of a [Resource] that is any resource.
const AnyResource = "*"

// IndexKind says by what an index finds objects. Numbers are append-only.
type IndexKind uint32

// The kinds of index.
const (
	IndexNone  IndexKind = 0
	IndexOwner IndexKind = 1 // by the uid of the controller owner; "" finds objects without one
	IndexLabel IndexKind = 2 // by the value of the label Key
	IndexField IndexKind = 3 // by the value of the field Key, a path such as "spec.nodeName"

	// Of any resource, where they are not declared.
	IndexUID    IndexKind = 4 // the object with the uid
	IndexOwners IndexKind = 5 // the objects that name the uid as one of their owners
)

// Index finds objects of a resource without looking at all of them.
type Index struct {
	Kind IndexKind
	Key  string // the label or field path
}

// Controller is one reconcile loop.
type Controller struct {
	Name        string // unique in the module; a DNS label
	Watches     []Watch
	Concurrency uint32 // how many keys at once; 0: the host's default
	// Singleton says that the controller has one key only, the empty one, which
	// is due as soon as the controller works. All its watches are MapSingleton.
	Singleton bool
}

// MappingKind says which keys the change of a watched object wakes. Numbers
// are append-only.
type MappingKind uint32

// The mappings. "Primary" is the resource that the controller watches with
// MapFor.
const (
	MapFor        MappingKind = 1 // the object's own key
	MapOwns       MappingKind = 2 // the controller owner, if it is of the primary kind
	MapLabel      MappingKind = 3 // the name in the label Key, in the object's namespace
	MapField      MappingKind = 4 // the name in the field Key, in the object's namespace unless the primary is cluster-scoped
	MapSelectedBy MappingKind = 5 // every primary object of the namespace whose selector at the field Key matches the object's labels
	MapAll        MappingKind = 6 // every primary object
	MapGuest      MappingKind = 7 // what wcm_map answers
	MapSingleton  MappingKind = 8 // the empty key; for controllers with Singleton, and no others
)

// MapLast is the highest number of a mapping.
const MapLast = MapSingleton

var mappingNames = [...]string{"", "for", "owns", "label", "field", "selected-by", "all", "guest", "singleton"}

// String returns the mapping's name as inspect prints it.
func (k MappingKind) String() string {
	if k > 0 && int(k) < len(mappingNames) {
		return mappingNames[k]
	}
	return "unknown"
}

// Watch wakes a controller when the projection of an object changes.
type Watch struct {
	Resource uint32 // index into Description.Resources
	Mapping  MappingKind
	Key      string
	// OrphansOnly restricts MapSelectedBy to objects without controller owner.
	OrphansOnly bool
	// AnyOwner lets MapOwns follow every owner reference of the primary kind,
	// not the controller's alone.
	AnyOwner bool
	// Wake narrows the fields whose change wakes the controller; nil means
	// all of the resource's projection. It must be a part of the projection.
	Wake *record.Shape

	// The rest lets a host spare the module needless calls. A host may ignore
	// it, so a module must do right without it; see "Sparing" in README.md.

	// Where leaves out the changes of objects that do not meet all of the
	// conditions, neither before nor after the change.
	Where []Condition
	// LooseOnly restricts a watch of any resource to objects that are being
	// deleted, or of which an owner is not known to be there and to stay.
	LooseOnly bool
	// SameNamespace says that what MapGuest answers are primary objects that are
	// there, in the namespace of the watched object.
	SameNamespace bool
}

// Condition is about a field, which is in the fields that wake: a list, a map, or
// the text of a scalar, a number in decimal digits, a time in RFC 3339; an absent
// one has the empty text.
type Condition struct {
	Field string // the path, such as "spec.nodeName"
	// Values are those that a scalar may have. None: any but the zero value, so
	// that the field is neither absent nor empty, 0 or false.
	Values []string
}
