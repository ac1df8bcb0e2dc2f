// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// MappingOptions says which objects which change wakes.
type MappingOptions struct {
	Watch abi.Watch
	// Primary is the resource that the controller watches with MapFor.
	Primary abi.Resource
	// PrimaryView is the plugin's view of it.
	PrimaryView *View
	// View is the plugin's view of the watched resource, opened with
	// [MappingNeeds] among its needs.
	View *View
}

// Mapping turns the change of a watched object into keys of primary objects.
type Mapping struct {
	keys    func(m *Mapping, dst []Key, c *Change, body []byte) []Key
	watch   abi.Watch
	group   string // of the primary
	kind    string
	view    *View // of the watched resource
	primary *View
}

var errPrimary = errors.New("the projection of the controller's own resource lacks the field, or it is no selector")

// MappingNeeds returns the fields that the mapping of a watch reads of the
// watched object; projection is the plugin's of that resource and may be nil.
// They belong into the needs of the view, and into the wake shape.
func MappingNeeds(w abi.Watch, projection *record.Shape) (record.Shape, error) {
	none := record.Shape{Kind: record.Struct}
	if projection == nil {
		projection = &none
	}
	switch w.Mapping {
	case abi.MapFor, abi.MapAll, abi.MapGuest:
		return none, nil
	case abi.MapOwns:
		return shapeWith(pathOwners, ownersShape), nil
	case abi.MapLabel:
		return shapeWith(pathLabels, labelsShape), nil
	case abi.MapField:
		return fieldNeeds(w.Key, projection)
	case abi.MapSelectedBy:
		needs := shapeWith(pathLabels, labelsShape)
		if w.OrphansOnly {
			needs = record.Union(needs, shapeWith(pathOwners, ownersShape))
		}
		return needs, nil
	}
	return none, fmt.Errorf("mapping %d: not known to this host", w.Mapping)
}

// NewMapping returns the mapping of a watch. That of MapGuest yields no keys:
// the guest does.
func NewMapping(o MappingOptions) (*Mapping, error) {
	m := &Mapping{watch: o.Watch, group: o.Primary.Group, kind: o.Primary.Kind, view: o.View, primary: o.PrimaryView}
	needs, err := MappingNeeds(o.Watch, o.View.projection)
	if err != nil {
		return nil, err
	}
	if !has(&o.View.inner, needs) {
		return nil, fmt.Errorf("mapping %s: the view of %s lacks what it reads", o.Watch.Mapping, o.View.informer.name)
	}
	switch o.Watch.Mapping {
	case abi.MapFor:
		m.keys = (*Mapping).itself
	case abi.MapOwns:
		m.keys = (*Mapping).owners
	case abi.MapLabel:
		m.keys = (*Mapping).label
	case abi.MapField:
		m.keys = (*Mapping).field
	case abi.MapSelectedBy:
		if at := shapeAt(o.PrimaryView.projection, o.Watch.Key); !isSelector(at) {
			return nil, fmt.Errorf("mapping %s of %s by %q: %w", o.Watch.Mapping, o.View.informer.name, o.Watch.Key, errPrimary)
		}
		m.keys = (*Mapping).selectors
	case abi.MapAll:
		m.keys = (*Mapping).everything
	}
	return m, nil
}

// AppendKeys appends the keys that the change wakes to dst: those that the
// object maps to after the change, and those that it mapped to before.
func (m *Mapping) AppendKeys(dst []Key, c Change) []Key {
	if m.keys == nil {
		return dst
	}
	start := len(dst)
	for _, s := range [...]*side{&c.after, &c.before} {
		if s.rec == nil {
			continue
		}
		found := len(dst)
		dst = m.keys(m, dst, &c, s.body())
		dst = unique(dst, start, found)
	}
	return dst
}

// unique drops those of keys[found:] that keys[start:found] has.
func unique(keys []Key, start, found int) []Key {
	if start == found {
		return keys
	}
	known := make(map[Key]struct{}, found-start)
	for _, k := range keys[start:found] {
		known[k] = struct{}{}
	}
	kept := keys[:found]
	for _, k := range keys[found:] {
		if _, ok := known[k]; !ok {
			kept = append(kept, k)
		}
	}
	return kept
}

// body returns the body of a side in the view's inner shape.
func (s *side) body() []byte {
	body := cut(s.rec).body
	if s.lens.inner.Same() {
		return body
	}
	return s.lens.inner.Append(nil, body)
}

// key returns the key of a primary object that a change of an object in
// namespace names.
func (m *Mapping) key(namespace string, name []byte) Key {
	if !m.primary.Namespaced() {
		namespace = ""
	}
	return Key{Namespace: namespace, Name: string(name)}
}

func (m *Mapping) itself(dst []Key, c *Change, _ []byte) []Key {
	return append(dst, Key{Namespace: c.Namespace, Name: c.Name})
}

func (m *Mapping) owners(dst []Key, c *Change, body []byte) []Key {
	eachOwner(body, &m.view.inner, func(o *owner) bool {
		if (o.controller || m.watch.AnyOwner) && string(o.kind) == m.kind && o.group() == m.group {
			dst = append(dst, m.key(c.Namespace, o.name))
		}
		return true
	})
	return dst
}

func (m *Mapping) label(dst []Key, c *Change, body []byte) []Key {
	if name, ok := labelsOf(body, &m.view.inner).find(m.watch.Key); ok && len(name) > 0 {
		dst = append(dst, m.key(c.Namespace, name))
	}
	return dst
}

func (m *Mapping) field(dst []Key, c *Change, body []byte) []Key {
	want := record.Shape{Kind: fieldKind(m.watch.Key, m.view.projection)}
	if name := textAt(body, &m.view.inner, m.watch.Key, &want); len(name) > 0 {
		dst = append(dst, m.key(c.Namespace, name))
	}
	return dst
}

func (m *Mapping) everything(dst []Key, _ *Change, _ []byte) []Key {
	return m.primaries(dst, "", func([]byte, *record.Shape) bool { return true })
}

func (m *Mapping) selectors(dst []Key, c *Change, body []byte) []Key {
	if m.watch.OrphansOnly && len(controllerUID(body, &m.view.inner)) > 0 {
		return dst
	}
	labels := labelsOf(body, &m.view.inner)
	want := shapeAt(m.primary.projection, m.watch.Key)
	return m.primaries(dst, c.Namespace, func(body []byte, s *record.Shape) bool {
		value, at, ok := seek(body, s, m.watch.Key, want)
		return ok && selects(value, at, labels)
	})
}

// primaries appends the keys of those primary objects of a namespace, of all
// if it is empty, that want it. The bodies are in the layout of the cache.
func (m *Mapping) primaries(dst []Key, namespace string, want func(body []byte, s *record.Shape) bool) []Key {
	l := m.primary.lens.Load()
	if l == nil {
		return dst // all primary objects come as initial changes
	}
	if !m.primary.Namespaced() {
		namespace = ""
	}
	for _, rec := range l.generation.table.all(namespace) {
		h := cut(rec)
		if want(h.body, &l.generation.layout.shape) {
			dst = append(dst, h.key())
		}
	}
	return dst
}
