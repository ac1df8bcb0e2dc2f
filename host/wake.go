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

// watching is one watch of a controller, planned but not started.
type watching struct {
	controller uint32     // index in the description
	watch      uint32     // index in the controller's watches
	graph      *following // instead of all below: the watch is of any resource
	loose      bool       // of the graph
	view       *store.View
	wake       *record.Shape
	where      []abi.Condition
	beside     *store.View
	mapping    *store.Mapping // nil: the guest maps
	primary    *store.View
}

// planWatches works out everything about a version's watches that can be
// wrong with them, so that starting them cannot fail half-way.
func (v *version) planWatches() error {
	for i := range v.description.Controllers {
		d := &v.description.Controllers[i]
		for j := range d.Watches {
			w, err := v.planWatch(d, uint32(j))
			if err != nil {
				return fmt.Errorf("controller %s: watch %d: %w", d.Name, j, err)
			}
			w.controller = uint32(i)
			v.watches = append(v.watches, w)
		}
	}
	return nil
}

func (v *version) planWatch(d *abi.Controller, index uint32) (watching, error) {
	w := d.Watches[index]
	if v.description.Resources[w.Resource].Any() {
		return watching{watch: index, graph: v.graph, loose: w.LooseOnly}, nil
	}
	primary, view := v.primaryOf(d)
	wake, err := wakeShape(w, v.projections[w.Resource])
	if err != nil {
		return watching{}, err
	}
	planned := watching{watch: index, view: v.views[w.Resource], wake: wake, where: w.Where, primary: view}
	if w.Mapping == abi.MapGuest {
		if w.SameNamespace {
			planned.beside = view
		}
		return planned, nil
	}
	planned.mapping, err = store.NewMapping(store.MappingOptions{
		Watch: w, Primary: primary, PrimaryView: view, View: v.views[w.Resource],
	})
	return planned, err
}

// watch starts the watches of one controller of a version. Each tells of the
// objects that are there first; the key of a singleton is due in any case.
func (h *Host) watch(v *version, index uint32, queue *control.Controller) {
	name := v.description.Controllers[index].Name
	if v.description.Controllers[index].Singleton {
		queue.Add(control.Key{})
	}
	delivered, filtered := h.metrics.Plugin(v.plugin).Wakeups(name)
	logger := h.plugin(v.plugin).bounds.logger.With("plugin", v.plugin, "controller", name)
	for _, w := range v.watches {
		if w.controller != index {
			continue
		}
		if w.graph != nil {
			v.cancels = append(v.cancels, w.graph.watch(queue, w.loose, delivered, filtered))
			continue
		}
		handler := waker(w.mapping, queue)
		if w.mapping == nil {
			m := newMapper(mapperOptions{
				pool: v.pool, timeout: v.timeout, supervisor: v.supervisor, queue: queue,
				controller: index, watch: w.watch, everything: w.primary, logger: logger,
			})
			v.cancels = append(v.cancels, m.start())
			handler = m.changed
		}
		cancel, err := w.view.Watch(store.WatchOptions{
			Wake: w.wake, Where: w.where, Beside: w.beside,
			Handler: handler, Delivered: delivered, Filtered: filtered,
		})
		if err != nil { // planWatches and the validation of descriptions leave nothing to fail
			h.Logger.Error("Watch is not started", "plugin", v.plugin, "error", err)
			continue
		}
		v.cancels = append(v.cancels, cancel)
	}
}

// primaryOf returns the resource that the controller watches with MapFor, and
// the view of it; a singleton has none.
func (v *version) primaryOf(c *abi.Controller) (abi.Resource, *store.View) {
	for _, w := range c.Watches {
		if w.Mapping == abi.MapFor {
			return v.description.Resources[w.Resource], v.views[w.Resource]
		}
	}
	return abi.Resource{}, nil
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
