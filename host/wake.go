// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// needs returns what the mappings of all watches of a resource read besides
// its projection, and whether it is watched at all.
func needs(d *abi.Description, resource uint32) (*record.Shape, bool, error) {
	union := record.Shape{Kind: record.Struct}
	watched := false
	for i := range d.Controllers {
		for j, w := range d.Controllers[i].Watches {
			if w.Resource != resource {
				continue
			}
			watched = true
			n, err := store.MappingNeeds(w, d.Resources[resource].Projection)
			if err != nil {
				return nil, watched, fmt.Errorf("controller %s: watch %d: %w", d.Controllers[i].Name, j, err)
			}
			union = record.Union(union, n)
		}
	}
	return &union, watched, nil
}

// wakeShape returns the fields whose change wakes a watch: what it asks for,
// or the whole projection, and what its mapping reads.
func wakeShape(w abi.Watch, projection *record.Shape) (*record.Shape, error) {
	wake := w.Wake
	if wake == nil {
		wake = projection
	}
	n, err := store.MappingNeeds(w, projection)
	if err != nil {
		return nil, err
	}
	union := record.Union(*wake, n)
	return &union, nil
}

// watch lets the changes that a version's controller watches wake its keys.
func (h *Host) watch(v *version, index uint32, c *controller) error {
	d := &v.description.Controllers[index]
	primary := primaryOf(d)
	for j, w := range d.Watches {
		wake, err := wakeShape(w, v.projections[w.Resource])
		if err != nil {
			return fmt.Errorf("controller %s: watch %d: %w", d.Name, j, err)
		}
		view := v.views[w.Resource]
		mapping, err := store.NewMapping(store.MappingOptions{
			Watch: w, Primary: v.description.Resources[primary], PrimaryView: v.views[primary], View: view,
		})
		if err != nil {
			return fmt.Errorf("controller %s: watch %d: %w", d.Name, j, err)
		}
		handler := waker(mapping, c.Controller)
		if w.Mapping == abi.MapGuest {
			m := newMapper(mapperOptions{
				pool: v.pool, queue: c.Controller, controller: index, watch: uint32(j), logger: h.Logger,
				everything: v.views[primary],
			})
			v.cancels = append(v.cancels, m.start())
			handler = m.changed
		}
		cancel, err := view.Watch(wake, handler)
		if err != nil {
			return fmt.Errorf("controller %s: watch %d: %w", d.Name, j, err)
		}
		v.cancels = append(v.cancels, cancel)
	}
	return nil
}

// primaryOf returns the resource that the controller watches with MapFor;
// every description that was validated has one.
func primaryOf(c *abi.Controller) uint32 {
	for _, w := range c.Watches {
		if w.Mapping == abi.MapFor {
			return w.Resource
		}
	}
	return 0
}

// waker returns a handler that adds what a change maps to. Handlers of one
// watch run one at a time, so they can share a buffer.
func waker(mapping *store.Mapping, queue *control.Controller) func(store.Change) {
	var keys []store.Key
	return func(c store.Change) {
		keys = mapping.AppendKeys(keys[:0], c)
		for _, k := range keys {
			add(queue, control.Key(k), c.Initial)
		}
	}
}

func add(queue *control.Controller, key control.Key, initial bool) {
	if initial {
		queue.AddLow(key)
		return
	}
	queue.Add(key)
}
