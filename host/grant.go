// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/manifest"
)

// ungrantedError reports a module that was not granted what it cannot work
// without. The sentence lacks its subject, as those of module.Inspect do.
type ungrantedError struct {
	manifest string // the path of the operator's file
	missing  grant.Grants
}

// Error has all that is missing, ready for the operator's file.
func (e *ungrantedError) Error() string {
	return fmt.Sprintf("lacks grants for what it reads and calls; to allow it, add to %s: grants: %s", e.manifest, e.missing)
}

// grant sets what the version may do. A module that would see nothing of a
// resource that it watches, or could never make a call that it is made for, is
// refused; one that lacks grants for writes may be meant to.
func (h *Host) grant(v *version, manifest string) error {
	v.policy = grant.NewPolicy(v.plugin, v.description, v.manifest.Grants)
	if missing := v.policy.Missing(); !missing.Empty() {
		return &ungrantedError{manifest, missing}
	}
	if missing := v.policy.MissingWrites(); !missing.Empty() {
		h.Logger.Warn("Plugin wants writes that it is not granted, they will be denied", "plugin", v.plugin, "missing", "grants: "+missing.String())
	}
	for _, key := range v.description.Sign {
		if !h.SigningKeys.Has(key) {
			h.Logger.Warn("Plugin wants a signing key that the host does not have", "plugin", v.plugin, "key", key)
		}
	}
	return nil
}

// narrow holds the version that runs to the grants of a newer operator's file,
// although this file or its module is refused: what was taken away must not be
// kept for that. A version that cannot work without it is stopped. A file that
// cannot be read takes nothing away. The caller holds p.changing.
func (h *Host) narrow(ctx context.Context, logger *slog.Logger, p *plugin, file install.Plugin) {
	newest, err := manifest.Parse(file.Manifest)
	if err != nil || p.current == nil {
		return
	}
	policy := grant.NewPolicy(p.name, p.current.description, newest.Grants)
	if policy.Same(p.current.policy) {
		return
	}
	held := *p.current.manifest
	held.Grants = newest.Grants
	next, err := h.prepareAgain(ctx, p, file.Path, &held)
	if err != nil {
		logger.Warn("Version that ran is stopped, it does not run with the newer grants", "error", err)
		h.stop(ctx, p)
		return
	}
	before := h.activate(p, next, h.supervise(ctx, p, next, false), nil)
	logger.Info("Version that runs is held to the newer grants")
	h.draining.Go(func() { before.close(context.WithoutCancel(ctx), h.Logger) })
}

// prepareAgain prepares the module that runs with another manifest.
func (h *Host) prepareAgain(ctx context.Context, p *plugin, path string, m *manifest.Manifest) (*version, error) {
	wasm, err := p.shelf.Module(p.current.module.Info.Digest)
	if err != nil {
		return nil, err
	}
	return h.prepareWith(ctx, install.Plugin{Name: p.name, Path: path, Module: wasm}, m)
}

// shows returns the filter of a view, nil if there is nothing to hide, so that
// plugins without limits pay nothing.
func shows(view *grant.View) func(namespace, name string) bool {
	if view.Everything() {
		return nil
	}
	return view.Has
}
