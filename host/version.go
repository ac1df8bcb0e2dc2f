// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/outside"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// version is one module of a plugin with everything that it needs to
// reconcile. It is prepared completely before it replaces the one before it,
// and closed when that one's successor has taken over.
type version struct {
	plugin      string
	manifest    *manifest.Manifest
	module      *module.Module
	timeout     time.Duration // of a reconcile; 0: none
	description *abi.Description
	policy      *grant.Policy
	views       []*store.View   // by resource; nil where it is neither read nor watched
	projections []*record.Shape // by resource; as the views have them
	watches     []watching
	graph       *following // of any resource; nil if the module does not watch it
	outside     *outside.Client
	account     *account
	pool        *guest.Pool
	supervisor  *supervisor       // set when the version takes over
	cancels     []func()          // of the watches
	superseded  []<-chan struct{} // each closed when a controller no longer works on this version
}

// prepare makes a version ready to work: compiled, described, configured on
// a first instance, and with its caches filled.
func (h *Host) prepare(ctx context.Context, p install.Plugin) (*version, error) {
	m, err := manifest.Parse(p.Manifest)
	if err != nil {
		return nil, &manifestError{p.ManifestPath(), err}
	}
	return h.prepareWith(ctx, p, m)
}

// prepareWith is prepare with another manifest than that of the plugin's files.
func (h *Host) prepareWith(ctx context.Context, p install.Plugin, m *manifest.Manifest) (v *version, err error) {
	v = &version{plugin: p.Name, manifest: m}
	defer func() {
		if err != nil {
			v.close(context.WithoutCancel(ctx), h.Logger)
		}
	}()
	if problems := validation.IsDNS1123Label(p.Name); len(problems) > 0 {
		return v, fmt.Errorf("has a name that no plugin can have: %q: %s", p.Name, strings.Join(problems, "; "))
	}
	v.timeout = cmp.Or(m.Limits.ReconcileTimeout, h.ReconcileTimeout)
	if err := h.compile(ctx, v, p); err != nil {
		return v, err
	}
	if err := h.grant(v, p.ManifestPath()); err != nil {
		return v, err
	}
	settings, err := settingsBody(v.manifest.Settings, v.description.Settings)
	if err != nil {
		return v, &manifestError{p.ManifestPath(), err}
	}
	if err := h.openViews(ctx, v); err != nil {
		return v, err
	}
	if err := v.planWatches(); err != nil {
		return v, err
	}
	if v.account, err = h.accounts.acquire(h.plugin(v.plugin), m.ServiceAccount); err != nil {
		return v, err
	}
	if v.pool, err = h.newPool(v, settings); err != nil {
		return v, err
	}
	if err := v.prove(ctx); err != nil {
		return v, err
	}
	return v, v.fill(ctx)
}

func (h *Host) compile(ctx context.Context, v *version, p install.Plugin) (err error) {
	if v.module, err = h.compiler.Compile(ctx, p.Module); err != nil {
		return err
	}
	h.metrics.Plugin(p.Name).Compiled(string(v.module.Stats.Origin), v.module.Stats.Wall)
	options := guestOptions(v.manifest)
	options.Gate = h.plugin(v.plugin).bounds.turns
	v.description, err = guest.Describe(ctx, v.module, options)
	if wrong, ok := errors.AsType[*guest.ChoiceError](err); ok {
		return &manifestError{p.ManifestPath(), wrong}
	}
	return err
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
	if v.outside != nil {
		v.outside.Close()
	}
	if v.account != nil {
		v.account.release()
	}
	v.graph.close()
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
