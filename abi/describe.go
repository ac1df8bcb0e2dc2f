// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import (
	"strconv"

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
}

// Resource is one API resource that the module watches, reads or writes.
// Operations and watches refer to it by its index in the description.
type Resource struct {
	Group    string // empty for the core group
	Version  string
	Resource string // plural, lower case
	Kind     string
	// Projection is the fields that the module reads, canonical. Nil: the
	// resource is not read from the cache.
	Projection *record.Shape
	// ProjectionHash is Projection.Hash() as the guest computed it.
	ProjectionHash uint64
	Indexes        []Index
	// Writes lists what the module wants to do to the resource besides reading
	// it, as names of operations with an optional subresource: "create",
	// "delete_collection", "status/patch".
	Writes []string
}

// IndexKind says by what an index finds objects. Numbers are append-only.
type IndexKind uint32

// The kinds of index.
const (
	IndexNone  IndexKind = 0
	IndexOwner IndexKind = 1 // by the uid of the controller owner; "" finds objects without one
	IndexLabel IndexKind = 2 // by the value of the label Key
	IndexField IndexKind = 3 // by the value of the field Key, a path such as "spec.nodeName"
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
)

var mappingNames = [...]string{"", "for", "owns", "label", "field", "selected-by", "all", "guest"}

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
}

// Append appends the wire form to b.
func (m *Description) Append(b []byte) []byte {
	b = appendString(b, 1, m.Name)
	b = appendString(b, 2, m.Version)
	b = appendString(b, 3, m.SDK)
	b = appendUint(b, 4, m.Features)
	for i := range m.Resources {
		b = appendMessage(b, 5, &m.Resources[i])
	}
	for i := range m.Controllers {
		b = appendMessage(b, 6, &m.Controllers[i])
	}
	return appendShape(b, 7, m.Settings)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Description) Decode(b []byte) error {
	*m = Description{}
	return eachField("Description", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("name", &m.Name)
		case 2:
			return f.text("version", &m.Version)
		case 3:
			return f.text("sdk", &m.SDK)
		case 4:
			return f.uint64("features", &m.Features)
		case 5:
			m.Resources = append(m.Resources, Resource{})
			return f.embedded("resources", &m.Resources[len(m.Resources)-1])
		case 6:
			m.Controllers = append(m.Controllers, Controller{})
			return f.embedded("controllers", &m.Controllers[len(m.Controllers)-1])
		case 7:
			return f.shape("settings", &m.Settings)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Resource) Append(b []byte) []byte {
	b = appendString(b, 1, m.Group)
	b = appendString(b, 2, m.Version)
	b = appendString(b, 3, m.Resource)
	b = appendString(b, 4, m.Kind)
	b = appendShape(b, 5, m.Projection)
	b = appendUint(b, 6, m.ProjectionHash)
	for i := range m.Indexes {
		b = appendMessage(b, 7, &m.Indexes[i])
	}
	for _, w := range m.Writes {
		b = appendElement(b, 8, w)
	}
	return b
}

// Decode sets m to the message in b, which it does not retain.
func (m *Resource) Decode(b []byte) error {
	*m = Resource{}
	return eachField("Resource", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("group", &m.Group)
		case 2:
			return f.text("version", &m.Version)
		case 3:
			return f.text("resource", &m.Resource)
		case 4:
			return f.text("kind", &m.Kind)
		case 5:
			return f.shape("projection", &m.Projection)
		case 6:
			return f.uint64("projection_hash", &m.ProjectionHash)
		case 7:
			m.Indexes = append(m.Indexes, Index{})
			return f.embedded("indexes", &m.Indexes[len(m.Indexes)-1])
		case 8:
			return f.texts("writes", &m.Writes)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Index) Append(b []byte) []byte {
	return appendString(appendUint(b, 1, uint64(m.Kind)), 2, m.Key)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Index) Decode(b []byte) error {
	*m = Index{}
	return eachField("Index", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("kind", (*uint32)(&m.Kind))
		case 2:
			return f.text("key", &m.Key)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Controller) Append(b []byte) []byte {
	b = appendString(b, 1, m.Name)
	for i := range m.Watches {
		b = appendMessage(b, 2, &m.Watches[i])
	}
	return appendUint(b, 3, uint64(m.Concurrency))
}

// Decode sets m to the message in b, which it does not retain.
func (m *Controller) Decode(b []byte) error {
	*m = Controller{}
	return eachField("Controller", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("name", &m.Name)
		case 2:
			m.Watches = append(m.Watches, Watch{})
			return f.embedded("watches", &m.Watches[len(m.Watches)-1])
		case 3:
			return f.uint32("concurrency", &m.Concurrency)
		}
		return nil
	})
}

// Append appends the wire form to b.
func (m *Watch) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Resource))
	b = appendUint(b, 2, uint64(m.Mapping))
	b = appendString(b, 3, m.Key)
	b = appendBool(b, 4, m.OrphansOnly)
	b = appendBool(b, 5, m.AnyOwner)
	return appendShape(b, 6, m.Wake)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Watch) Decode(b []byte) error {
	*m = Watch{}
	return eachField("Watch", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("resource", &m.Resource)
		case 2:
			return f.uint32("mapping", (*uint32)(&m.Mapping))
		case 3:
			return f.text("key", &m.Key)
		case 4:
			return f.bool("orphans_only", &m.OrphansOnly)
		case 5:
			return f.bool("any_owner", &m.AnyOwner)
		case 6:
			return f.shape("wake", &m.Wake)
		}
		return nil
	})
}

// String names the resource as group/version/resource, without the group if
// it is the core one: "v1/pods", "apps/v1/replicasets".
func (m *Resource) String() string {
	if m.Group == "" {
		return m.Version + "/" + m.Resource
	}
	return m.Group + "/" + m.Version + "/" + m.Resource
}

func appendShape(b []byte, number int, s *record.Shape) []byte {
	if s == nil {
		return b
	}
	return appendMessage(b, number, &wireShape{Shape: *s})
}

func (f *field) shape(name string, to **record.Shape) error {
	w := wireShape{}
	if err := f.embedded(name, &w); err != nil {
		return err
	}
	*to = &w.Shape
	return nil
}

// wireShape is the message Shape, which with a name is also the field of a struct.
type wireShape struct {
	record.Shape
	name  string
	depth int
}

// Append appends the wire form to b.
func (m *wireShape) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Kind))
	b = appendBool(b, 2, m.Optional)
	for _, f := range m.Fields {
		b = appendMessage(b, 3, &wireShape{Shape: f.Shape, name: f.Name})
	}
	if m.Elem != nil {
		b = appendMessage(b, 4, &wireShape{Shape: *m.Elem})
	}
	return appendString(b, 5, m.name)
}

// Decode sets m to the message in b.
func (m *wireShape) Decode(b []byte) error {
	return eachField("Shape", b, func(f *field) error {
		switch f.number {
		case 1:
			var kind uint32
			err := f.uint32("kind", &kind)
			if err == nil && (kind == 0 || kind > uint32(record.Map)) {
				return f.malformed("kind", unknownKind(kind))
			}
			m.Kind = record.Kind(kind)
			return err
		case 2:
			return f.bool("optional", &m.Optional)
		case 3:
			return m.child(f, "fields", func(c *wireShape) {
				m.Fields = append(m.Fields, record.Field{Name: c.name, Shape: c.Shape})
			})
		case 4:
			return m.child(f, "elem", func(c *wireShape) { m.Elem = &c.Shape })
		case 5:
			return f.text("name", &m.name)
		}
		return nil
	})
}

func (m *wireShape) child(f *field, name string, add func(c *wireShape)) error {
	c := wireShape{depth: m.depth + 1}
	if c.depth == maxDepth {
		return f.malformed(name, errDepth)
	}
	if err := f.embedded(name, &c); err != nil {
		return err
	}
	add(&c)
	return nil
}

type unknownKind uint32

func (k unknownKind) Error() string { return "unknown kind " + strconv.Itoa(int(k)) }
