// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/host/archive"
	"github.com/wasm-controller-manager/wcm/host/health"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// RolledBackError is why the newest version of a plugin is not running: it
// trapped too often and was left. It is not tried again before one of the
// plugin's files changes.
type RolledBackError struct {
	Digest  module.Digest // of the module that was left
	At      time.Time
	Because string
}

// Error names the module that was left, and says why.
func (e *RolledBackError) Error() string {
	return fmt.Sprintf("module %s was left at %s: %s; it is tried again when the plugin's files change",
		e.Digest.Short(), e.At.UTC().Format(time.RFC3339), e.Because)
}

func rolledBackError(l *archive.Left) error {
	return &RolledBackError{Digest: l.Module, At: l.At, Because: l.Because}
}

// shelve keeps what may be needed to go back from the next version: the one that
// ran until now, if it can be trusted. It reports whether there is a version to
// go back to. The caller holds p.changing.
func (p *plugin) shelve(next *version) (predecessor bool, err error) {
	good, goodErr := p.shelf.Good()
	if last := p.current; last != nil {
		settled, suspect := last.supervisor.standing()
		if settled || !suspect && goodErr != nil {
			good, goodErr = last.kept(), p.shelf.SetGood(last.kept())
		}
	}
	if !errors.Is(goodErr, archive.ErrEmpty) {
		err = goodErr
	}
	err = errors.Join(err, p.shelf.SetLeft(nil))
	same := good.Module == next.module.Info.Digest && bytes.Equal(good.Settings, next.manifest.Settings) &&
		slices.Equal(good.Controllers, next.manifest.Controllers)
	return goodErr == nil && !same, err
}

// kept is what of a version is kept to go back to it.
func (v *version) kept() archive.Version {
	return archive.Version{Module: v.module.Info.Digest, Controllers: v.manifest.Controllers, Settings: v.manifest.Settings}
}

// prepareGood makes the last good version of a plugin ready to work. Its module,
// its controllers and its settings come back, but not what it was allowed: that is said by the
// newest manifest, since nobody may get back by trapping what was taken away.
// The caller holds p.changing.
func (h *Host) prepareGood(ctx context.Context, p *plugin, newest *manifest.Manifest) (*version, error) {
	good, err := p.shelf.Good()
	if err != nil {
		return nil, err
	}
	wasm, err := p.shelf.Module(good.Module)
	if err != nil {
		return nil, err
	}
	m := *newest
	m.Controllers, m.Settings = good.Controllers, good.Settings
	return h.prepareWith(ctx, install.Plugin{Name: p.name, Path: p.path, Module: wasm}, &m)
}

// leftBefore returns what is known of a version that was left before the host
// started, nil of any other. While the host runs nobody asks to install such a
// version unless its files have changed. The caller holds p.changing.
func (p *plugin) leftBefore(file install.Plugin) *archive.Left {
	left, err := p.shelf.Left()
	same := left != nil && left.Module == module.DigestOf(file.Module) && left.Manifest == p.manifest
	if err != nil || !same || p.current != nil {
		return nil
	}
	return left
}

// resume starts the last good version of a plugin whose newest one does not
// run after a start of the host, and reports whether it did. The caller holds
// p.changing.
func (h *Host) resume(ctx context.Context, logger *slog.Logger, p *plugin, file install.Plugin, failure error) bool {
	newest, err := manifest.Parse(file.Manifest)
	if err != nil { // nobody knows what the plugin may do
		return false
	}
	next, err := h.prepareGood(ctx, p, newest)
	if err != nil {
		if !errors.Is(err, archive.ErrEmpty) {
			logger.Warn("Last good version cannot be started", "error", err)
		}
		return false
	}
	h.activate(p, next, h.supervise(ctx, p, next, false), failure)
	h.resumed(logger, p, next, failure)
	return true
}

// supervise returns the supervisor of a version, whose steps the host takes.
func (h *Host) supervise(ctx context.Context, p *plugin, v *version, predecessor bool) *supervisor {
	return newSupervisor(health.Policy(v.manifest.Rollback), len(v.description.Controllers), predecessor,
		func(step health.Step, trap error) {
			h.draining.Go(func() { h.take(ctx, p, v, step, trap) }) // ends when the step is taken
		})
}

// take takes a step that was decided about a version, unless the version has
// been replaced in the meantime or the host stops.
func (h *Host) take(ctx context.Context, p *plugin, v *version, step health.Step, trap error) {
	p.changing.Lock()
	defer p.changing.Unlock()
	if p.current != v || ctx.Err() != nil {
		return
	}
	logger := h.Logger.With("plugin", p.name, "digest", v.module.Info.Digest.Short())
	switch step.Action {
	case health.RollBack:
		if err := h.rollBack(ctx, logger, p, step, trap); err != nil {
			h.notRolledBack(logger, p, err)
			h.quarantined(logger, p, step, trap)
		}
	case health.Quarantine:
		h.quarantined(logger, p, step, trap)
	case health.Release:
		h.released(logger, p, step)
	case health.Keep:
		h.keep(logger, p)
	case health.None, health.Try:
	}
	h.reportState(p)
}

// keep makes the current version the last good one. The caller holds p.changing.
func (h *Host) keep(logger *slog.Logger, p *plugin) {
	if err := p.shelf.SetGood(p.current.kept()); err != nil {
		logger.Warn("Last good version is not kept", "error", err)
		return
	}
	logger.Info("Version is the last good one now")
}

// rollBack replaces the current version by the last good one, in the way in
// which any version replaces another. The caller holds p.changing.
func (h *Host) rollBack(ctx context.Context, logger *slog.Logger, p *plugin, step health.Step, trap error) error {
	next, err := h.prepareGood(ctx, p, p.current.manifest)
	if err != nil {
		return err
	}
	left := &archive.Left{
		Module: p.current.module.Info.Digest, Manifest: p.manifest, Because: p.because(step, trap), At: time.Now(),
	}
	before := h.activate(p, next, h.supervise(ctx, p, next, false), rolledBackError(left))
	if err := p.shelf.SetLeft(left); err != nil {
		logger.Warn("A restart will try the version again that was left", "error", err)
	}
	h.rolledBack(logger, p, left, next)
	h.retire(ctx, before)
	return nil
}

// because says in a sentence what was decided for what reason.
func (p *plugin) because(step health.Step, trap error) string {
	return fmt.Sprintf("controller %s: %s, the last one with: %v",
		p.current.description.Controllers[step.Controller].Name, step.Because, trap)
}
