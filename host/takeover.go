// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// activate lets a version take over the plugin's controllers and returns the
// one before it, for the caller to close. Watches of the new version start
// before those of the old one end, so no change falls between; each tells of
// all objects first, which queues them at low priority. The caller holds
// p.changing.
func (h *Host) activate(p *plugin, next *version, s *supervisor, failure error) (before *version) {
	next.supervisor = s
	if before = p.current; before != nil {
		before.supervisor.close()
	}
	described := map[string]bool{}
	for i := range next.description.Controllers {
		d := &next.description.Controllers[i]
		described[d.Name] = true
		c := h.takeOver(p, next, uint32(i))
		h.watch(next, uint32(i), c.Controller)
	}
	for name, c := range p.controllers {
		if !described[name] {
			h.crew.leave(c.Controller)
			c.metrics.Delete()
			p.set(name, nil)
		}
	}
	p.bounds.set(next.manifest.Limits)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current, p.failure = next, failure
	return before
}

// takeOver swaps the reconciler behind a controller's queue, or makes the
// controller if there is none, or none with as many workers.
func (h *Host) takeOver(p *plugin, next *version, index uint32) *controller {
	d := &next.description.Controllers[index]
	r := &reconciler{pool: next.pool, controller: index, name: d.Name, supervisor: next.supervisor}
	old := p.controllers[d.Name]
	if old != nil && old.workers == next.workers(d) {
		old.SetTimeout(next.timeout)
		next.supervisor.lead(index, old)
		drained := old.Swap(r)
		if p.current != nil {
			p.current.superseded = append(p.current.superseded, drained)
		}
		return old
	}
	if old != nil {
		h.crew.leave(old.Controller)
	}
	c := h.newController(p, d, next.workers(d), r)
	c.SetTimeout(next.timeout)
	next.supervisor.lead(index, c)
	p.set(d.Name, c)
	h.crew.join(c.Controller)
	return c
}

// controller is one reconcile loop of a plugin.
type controller struct {
	*control.Controller
	metrics *metric.Controller
	workers int
}

func (h *Host) newController(p *plugin, d *abi.Controller, workers int, r control.Reconciler) *controller {
	name := metric.ControllerName(p.name, d.Name)
	metrics := h.metrics.Controller(name)
	return &controller{
		workers: workers,
		metrics: metrics,
		Controller: control.New(control.Options{
			Name:         name,
			Reconciler:   r,
			Concurrency:  workers,
			DrainTimeout: h.DrainTimeout,
			Logger:       p.bounds.logger,
			Observer:     metrics,
		}),
	}
}

// set sets a controller; nil deletes it. The caller holds p.changing.
func (p *plugin) set(name string, c *controller) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c == nil {
		delete(p.controllers, name)
		return
	}
	p.controllers[name] = c
}
