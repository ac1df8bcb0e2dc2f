// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/wasm-controller-manager/wcm/host/archive"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// plugin is what is installed under one name. Its controllers, and with them
// their queues, outlive the versions of its module.
type plugin struct {
	name   string
	bounds *bounds

	// changing is held while the plugin changes, which may take long: while a
	// version is prepared, takes over, is rolled back, or removed. It is taken
	// before mu.
	changing sync.Mutex
	path     string            // of the module; guarded by changing
	manifest [sha256.Size]byte // of the newest files; guarded by changing
	shelf    *archive.Shelf    // guarded by changing

	// mu is held for moments. What it guards is written by holders of both
	// mutexes, and may be read by holders of either.
	mu          sync.Mutex
	current     *version               // nil before the first good one, and when removed
	controllers map[string]*controller // by name
	failure     error                  // why the newest files are not the current version; guarded by mu alone
}

// Install starts a plugin or replaces its module. It implements
// [install.Installer]: the new version is complete before the old one loses
// its first request, and when anything fails the old one runs on, without what
// the operator has taken away.
func (h *Host) Install(ctx context.Context, file install.Plugin) {
	p := h.plugin(file.Name)
	p.changing.Lock()
	defer p.changing.Unlock()
	p.path, p.manifest = file.Path, sha256.Sum256(file.Manifest)
	p.shelf = archive.Open(h.archive, file.Name, file.Path)
	logger := func(d module.Digest) *slog.Logger { return h.Logger.With("plugin", file.Name, "digest", d.Short()) }
	if left := p.leftBefore(file); left != nil && h.resume(ctx, logger(left.Module), p, file, rolledBackError(left)) {
		return
	}
	next, err := h.prepare(ctx, file)
	if err != nil {
		logger := logger(module.DigestOf(file.Module))
		h.narrow(ctx, logger, p, file)
		h.refused(logger, p, file, err)
		if p.current == nil {
			h.resume(ctx, logger, p, file, err)
		}
		return
	}
	h.install(ctx, logger(next.module.Info.Digest), p, next, file.Module)
}

// install lets a version that is prepared take over, and sees to it that there
// is a way back. The caller holds p.changing.
func (h *Host) install(ctx context.Context, logger *slog.Logger, p *plugin, next *version, wasm []byte) {
	predecessor, err := p.shelve(next)
	before := h.activate(p, next, h.supervise(ctx, p, next, predecessor), nil)
	h.activated(logger, p, next, before)
	if err = errors.Join(err, p.shelf.Store(next.module.Info.Digest, wasm)); err != nil {
		logger.Warn("Last good version is not kept", "error", err)
	}
	h.sweep() // what it took to prepare it
	if before != nil {
		h.retire(ctx, before)
	}
}

// retire closes a version that was replaced or removed, in the background: a
// reconcile that does not end must not hold up other files.
func (h *Host) retire(ctx context.Context, v *version) {
	h.draining.Go(func() { // ends with the version's last reconcile, or with the process
		v.close(context.WithoutCancel(ctx), h.Logger)
		h.sweep()
	})
}

// Unreadable takes note of a plugin whose files cannot be read. It implements
// [install.Installer].
func (h *Host) Unreadable(name, path string, err error) {
	p := h.plugin(name)
	p.changing.Lock()
	defer p.changing.Unlock()
	h.refused(h.Logger.With("plugin", name), p, install.Plugin{Name: name, Path: path}, fmt.Errorf("cannot be read: %w", err))
}

// Remove stops a plugin and forgets it. It implements [install.Installer].
func (h *Host) Remove(ctx context.Context, name string) {
	if shelf := h.remove(ctx, name); shelf != nil {
		if err := shelf.Clear(); err != nil {
			h.Logger.Warn("Last good version of a plugin that was removed is not deleted", "plugin", name, "error", err)
		}
	}
	h.Logger.Info("Plugin removed", "plugin", name)
}

// remove stops a plugin and returns what is kept of it.
func (h *Host) remove(ctx context.Context, name string) *archive.Shelf {
	h.mu.Lock()
	p := h.plugins[name]
	delete(h.plugins, name)
	h.mu.Unlock()
	if p == nil {
		return nil
	}
	p.changing.Lock()
	defer p.changing.Unlock()
	h.stop(ctx, p)
	h.metrics.Plugin(name).Delete()
	return p.shelf
}

// stop ends what runs of a plugin. The caller holds p.changing.
func (h *Host) stop(ctx context.Context, p *plugin) {
	last := p.current
	if last != nil {
		last.supervisor.close()
	}
	for name, c := range p.controllers {
		h.crew.leave(c.Controller)
		c.metrics.Delete()
		p.set(name, nil)
	}
	p.mu.Lock()
	p.current = nil
	p.mu.Unlock()
	if last != nil {
		h.retire(ctx, last)
		h.metrics.ModuleLoaded(-1)
	}
}
