// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"log/slog"
	"sync"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// plugin is what is installed under one name. Its controllers, and with them
// their queues, outlive the versions of its module.
type plugin struct {
	name   string
	bounds *bounds

	mu          sync.Mutex
	current     *version               // guarded by mu
	controllers map[string]*controller // by name; guarded by mu
	failure     error                  // why the newest file is not the current version; guarded by mu
}

// controller is one reconcile loop of a plugin.
type controller struct {
	*control.Controller
	metrics *metric.Controller
	workers int
}

// Install starts a plugin or replaces its module. It implements
// [install.Installer]: the new version is complete before the old one loses
// its first request, and when anything fails the old one runs on.
func (h *Host) Install(ctx context.Context, file install.Plugin) {
	p := h.plugin(file.Name)
	logger := h.Logger.With("plugin", file.Name, "digest", module.DigestOf(file.Module).Short())
	next, err := h.prepare(ctx, file)
	if err != nil {
		h.refused(logger, p, file, err)
		return
	}
	before := h.activate(p, next)
	h.activated(logger, p, next, before)
	if before != nil { // a reconcile that does not end must not hold up other files
		h.draining.Go(func() { before.close(context.WithoutCancel(ctx), h.Logger) })
	}
}

// activate lets a version take over the plugin's controllers and returns the
// one before it, for the caller to close. Watches of the new version start
// before those of the old one end, so no change falls between; each tells of
// all objects first, which queues them at low priority.
func (h *Host) activate(p *plugin, next *version) (before *version) {
	p.mu.Lock()
	defer p.mu.Unlock()
	described := map[string]bool{}
	for i := range next.description.Controllers {
		d := &next.description.Controllers[i]
		described[d.Name] = true
		c := h.takeOverLocked(p, next, uint32(i))
		h.watch(next, uint32(i), c.Controller)
	}
	for name, c := range p.controllers {
		if !described[name] {
			h.crew.leave(c.Controller)
			c.metrics.Delete()
			delete(p.controllers, name)
		}
	}
	p.bounds.set(next.manifest.Limits)
	before = p.current
	p.current, p.failure = next, nil
	return before
}

// takeOverLocked swaps the reconciler behind a controller's queue, or makes
// the controller if there is none, or none with as many workers.
func (h *Host) takeOverLocked(p *plugin, next *version, index uint32) *controller {
	d := &next.description.Controllers[index]
	r := &reconciler{pool: next.pool, controller: index, name: d.Name}
	old := p.controllers[d.Name]
	if old != nil && old.workers == workers(d) {
		old.SetTimeout(next.timeout)
		drained := old.Swap(r)
		if p.current != nil {
			p.current.superseded = append(p.current.superseded, drained)
		}
		return old
	}
	if old != nil {
		h.crew.leave(old.Controller)
	}
	c := h.newController(p, d, r)
	c.SetTimeout(next.timeout)
	p.controllers[d.Name] = c
	h.crew.join(c.Controller)
	return c
}

func (h *Host) newController(p *plugin, d *abi.Controller, r control.Reconciler) *controller {
	name := metric.ControllerName(p.name, d.Name)
	metrics := h.metrics.Controller(name)
	return &controller{
		workers: workers(d),
		metrics: metrics,
		Controller: control.New(control.Options{
			Name:         name,
			Reconciler:   r,
			Concurrency:  workers(d),
			DrainTimeout: h.DrainTimeout,
			Logger:       p.bounds.logger,
			Observer:     metrics,
			QueueMetrics: h.metrics.WorkQueues(),
		}),
	}
}

// Remove stops a plugin. It implements [install.Installer].
func (h *Host) Remove(ctx context.Context, name string) {
	h.remove(ctx, name)
	h.Logger.Info("Plugin removed", "plugin", name)
}

func (h *Host) remove(ctx context.Context, name string) {
	h.mu.Lock()
	p := h.plugins[name]
	delete(h.plugins, name)
	h.mu.Unlock()
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.controllers {
		h.crew.leave(c.Controller)
		c.metrics.Delete()
	}
	if last := p.current; last != nil {
		h.draining.Go(func() { last.close(context.WithoutCancel(ctx), h.Logger) })
		h.metrics.ModuleLoaded(-1)
	}
	h.metrics.Plugin(name).Delete()
	p.bounds.close()
}

// close ends the watches, waits for the attempts in flight until ctx ends, and
// frees everything that no attempt uses. It is safe on a version that was
// prepared only in part.
func (v *version) close(ctx context.Context, logger *slog.Logger) {
	for _, cancel := range v.cancels {
		cancel()
	}
	for _, drained := range v.superseded {
		select {
		case <-drained:
		case <-ctx.Done():
		}
	}
	if v.pool != nil {
		if err := v.pool.Close(ctx); err != nil {
			logger.Error("Instances are not closed", "plugin", v.plugin, "error", err)
		}
	}
	for _, view := range v.views {
		if view != nil {
			view.Close()
		}
	}
	if v.module != nil {
		if err := v.module.Close(ctx); err != nil {
			logger.Error("Module is not closed", "plugin", v.plugin, "error", err)
		}
	}
}
