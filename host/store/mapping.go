// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// MappingOptions says which objects which change wakes.
type MappingOptions struct {
	Watch abi.Watch
	// Primary is the resource that the controller watches with MapFor; the zero
	// Resource for a singleton.
	Primary abi.Resource
	// PrimaryView is the plugin's view of it; nil for a singleton.
	PrimaryView *View
	// View is the plugin's view of the watched resource, opened with
	// [MappingNeeds] among its needs.
	View *View
}

// Mapping turns the change of a watched object into keys of primary objects. It
// reads records as they are in the cache, where they may have more than its
// plugin wants.
type Mapping struct {
	keys     func(m *Mapping, dst []Key, object Key, l *layout, body []byte) []Key
	watch    abi.Watch
	group    string // of the primary
	kind     string
	primary  *View
	field    reader[project.Path]
	selector reader[project.Selector]
}

// namespacePath is the path of the one field for MapField that every record has
// in its header.
const namespacePath = "metadata.namespace"

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
	case abi.MapFor, abi.MapAll, abi.MapGuest, abi.MapSingleton:
		return none, nil
	case abi.MapOwns:
		return project.OwnersShape(), nil
	case abi.MapLabel:
		return project.LabelsShape(), nil
	case abi.MapField:
		if w.Key == namespacePath {
			return none, nil
		}
		return fieldNeeds(w.Key, projection)
	case abi.MapSelectedBy:
		needs := project.LabelsShape()
		if w.OrphansOnly {
			needs = record.Union(needs, project.OwnersShape())
		}
		return needs, nil
	}
	return none, fmt.Errorf("mapping %d: not known to this host", w.Mapping)
}

// NewMapping returns the mapping of a watch. That of MapGuest yields no keys:
// the guest does.
func NewMapping(o MappingOptions) (*Mapping, error) {
	m := &Mapping{watch: o.Watch, group: o.Primary.Group, kind: o.Primary.Kind, primary: o.PrimaryView}
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
		if m.keys = (*Mapping).namespaceOf; o.Watch.Key == namespacePath {
			break
		}
		m.keys = (*Mapping).fieldOf
		as := fieldForm(o.Watch.Key, o.View.projection)
		m.field.make = func(s *record.Shape) (*project.Path, error) { return project.NewPath(s, o.Watch.Key, as) }
	case abi.MapSelectedBy:
		m.keys = (*Mapping).selectors
		as, _ := project.FieldAt(o.PrimaryView.projection, o.Watch.Key)
		m.selector.make = func(s *record.Shape) (*project.Selector, error) {
			return project.NewSelector(s, o.Watch.Key, as)
		}
		if _, err := m.selector.make(o.PrimaryView.projection); err != nil {
			return nil, fmt.Errorf("mapping %s of %s by %q: %w", o.Watch.Mapping, o.View.informer.name, o.Watch.Key, errPrimary)
		}
	case abi.MapAll:
		m.keys = (*Mapping).everything
	case abi.MapSingleton:
		m.keys = (*Mapping).singleton
	}
	return m, nil
}

// AppendKeys appends the keys that the change wakes to dst: those that the
// object maps to after the change, and those that it mapped to before. Keys of
// objects that the view of the primary resource does not show are left out.
// Safe for concurrent use.
func (m *Mapping) AppendKeys(dst []Key, c Change) []Key {
	if m.keys == nil {
		return dst
	}
	object := Key{Namespace: c.Namespace, Name: c.Name}
	start := len(dst)
	for _, s := range [...]*side{&c.after, &c.before} {
		if s.rec == nil {
			continue
		}
		found := len(dst)
		dst = m.keys(m, dst, object, s.lens.generation.layout, cut(s.rec).body)
		dst = unique(dst, start, found)
	}
	return m.shown(dst, start)
}

// shown drops those of keys[start:] that the plugin must not see.
func (m *Mapping) shown(keys []Key, start int) []Key {
	if m.primary == nil || m.primary.shows == nil {
		return keys
	}
	kept := keys[:start]
	for _, k := range keys[start:] {
		if m.primary.shows(k.Namespace, k.Name) {
			kept = append(kept, k)
		}
	}
	return kept
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
