// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/outside"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// defaultConcurrency is how many keys a controller works on at once if its
// description does not say, as in controller-runtime.
const defaultConcurrency = 1

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

// openViews opens a view for each resource that the module reads.
func (h *Host) openViews(ctx context.Context, v *version) error {
	v.views = make([]*store.View, len(v.description.Resources))
	v.projections = make([]*record.Shape, len(v.description.Resources))
	for i := range v.description.Resources {
		if err := h.openView(ctx, v, uint32(i)); err != nil {
			return fmt.Errorf("resource %s: %w", &v.description.Resources[i], err)
		}
	}
	return nil
}

func (h *Host) openView(ctx context.Context, v *version, index uint32) error {
	r := &v.description.Resources[index]
	if r.Any() {
		return h.openGraph(v, index)
	}
	mappings, watched, err := needs(v.description, index)
	if err != nil || r.Projection == nil && !watched {
		return err
	}
	h.checkProjection(ctx, v.plugin, r)
	projection := r.Projection
	if projection == nil { // watched for its keys alone
		projection = &record.Shape{Kind: record.Struct}
	}
	v.projections[index] = projection
	v.views[index], err = h.stores.Open(store.ViewOptions{
		Resource:   schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Resource},
		Kind:       r.Kind,
		Namespaced: h.namespaced(ctx, v.plugin, r),
		Projection: projection,
		Needs:      mappings,
		Indexes:    r.Indexes,
		Shows:      shows(v.policy.View(index)),
		Namespaces: v.policy.View(index).Namespaces(),
		Plugin:     v.plugin,
	})
	return err
}

// namespaced asks the API server for the scope of a resource. One that is not
// served yet is taken for namespaced, as nearly all are.
func (h *Host) namespaced(ctx context.Context, plugin string, r *abi.Resource) bool {
	scope, err := h.kube.Discover(ctx, kube.TargetOf(r))
	if err != nil {
		h.Logger.Warn("Resource is not served", "plugin", plugin, "resource", r.String(), "error", err)
		return true
	}
	if scope.Kind != r.Kind {
		h.Logger.Warn("Resource has another kind than the module says", "plugin", plugin,
			"resource", r.String(), "kind", scope.Kind, "described", r.Kind)
	}
	return scope.Namespaced
}

func (h *Host) newPool(v *version, settings []byte) (*guest.Pool, error) {
	caches := make([]access.Cache, len(v.views))
	for i, view := range v.views {
		if view != nil {
			caches[i] = view
		}
	}
	metrics := h.metrics.Plugin(v.plugin)
	v.outside = outside.New(outside.Options{
		UserAgent: component + " plugin/" + v.plugin, BodyLimit: v.manifest.Limits.MessageSize,
		Fence: h.Fence, Observed: metrics.HTTPRequest,
	})
	b := h.plugin(v.plugin).bounds
	client, err := v.account.link.Client(b.requests)
	if err != nil {
		return nil, err
	}
	logger := b.logger.With("plugin", v.plugin)
	operator := access.New(access.Options{
		Plugin: v.plugin, Description: v.description, Policy: v.policy, Caches: caches,
		API: client, Events: v.account.events, Metrics: b.own, Outside: v.outside, Signer: h.SigningKeys, Leadership: h.Fence,
		Graph: v.graph.reads(),
		Discover: func(ctx context.Context, live bool) (*abi.Discovery, error) {
			return h.catalogue.Resources(ctx, client, live)
		},
		Logger: logger, GuestLogger: b.guest, Limits: b.access(v.manifest.Limits), Gate: b.turns,
	})
	instance := guestOptions(v.manifest)
	instance.Plugin, instance.Operator, instance.Hooks = v.plugin, operator, hooks(metrics)
	instance.Output, instance.Gate = operator.Output, b.turns
	return guest.NewPool(guest.PoolOptions{
		Module:        v.module,
		Instance:      instance,
		Configuration: abi.Configuration{Plugin: v.plugin, Settings: settings},
		Size:          v.concurrency(),
		Keep:          v.residents(),
		Report:        func(err error) { logger.Warn("Instance is not as it should be after its reconcile", "error", err) },
	}), nil
}

func hooks(m *metric.Plugin) guest.Hooks {
	return guest.Hooks{
		Called:    func(c guest.Call) { m.GuestCall(c.Export, c.Took, c.Fuel, c.Died) },
		Operated:  m.HostCall,
		Instances: func(delta int) { m.Instances.Add(float64(delta)) },
		Recycled:  m.Recycled.Inc,
		Memory:    func(delta int64) { m.Memory.Add(float64(delta)) },
	}
}

// defaultInstances is how many instances a plugin may have that says no limit.
// More workers than that wait for one.
const defaultInstances = 32

// concurrency is how many instances all controllers together can use, and one
// more for wcm_map, unless the plugin's limit is below that.
func (v *version) concurrency() int {
	if limit := v.manifest.Limits.Instances; limit > 0 {
		return limit
	}
	n := 1
	for i := range v.description.Controllers {
		n += v.workers(&v.description.Controllers[i])
	}
	return min(n, defaultInstances)
}

// residents is how many instances stay however long they are idle. A plugin that is
// limited to one may remember something in it (see sdk.Memory).
func (v *version) residents() int {
	if v.manifest.Limits.Instances == 1 {
		return 1
	}
	return 0
}

// workers is how many keys a controller works on at once.
func (v *version) workers(c *abi.Controller) int {
	return cmp.Or(v.manifest.Limits.Concurrency, int(c.Concurrency), defaultConcurrency)
}

// prove makes the first instance, which finds out whether the module can be
// instantiated and likes its settings.
func (v *version) prove(ctx context.Context) error {
	instance, err := v.pool.Get(ctx)
	if err != nil {
		return err
	}
	v.pool.Put(ctx, instance)
	return nil
}

// fill waits until each cache is filled or is known to have a problem, which
// is a condition of the plugin and no reason to hold it back.
func (v *version) fill(ctx context.Context) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for _, view := range v.views {
		for view != nil && !view.Synced() && view.Problem() == nil {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-look.C:
			}
		}
	}
	return v.graph.fill(ctx, look.C)
}

// unfilled says which cache was never filled although it could be: one that
// the API server refuses to fill is a problem of the plugin alone.
func (v *version) unfilled() error {
	for i, view := range v.views {
		if view == nil || view.Synced() {
			continue
		}
		problem := view.Problem()
		if apierrors.IsNotFound(problem) || apierrors.IsForbidden(problem) {
			continue
		}
		return cmp.Or(problem, fmt.Errorf("the cache of %s is not filled yet", &v.description.Resources[i]))
	}
	return nil
}

// problems says why the version cannot do all of its work at present.
func (v *version) problems() error {
	problems := append([]error{v.module.Problem(), v.account.problem()}, v.graph.problems()...)
	for i, view := range v.views {
		if view == nil || view.Synced() && view.Problem() == nil {
			continue
		}
		problem := view.Problem()
		if problem == nil {
			problem = fmt.Errorf("the cache of %s is not filled yet", &v.description.Resources[i])
		}
		problems = append(problems, problem)
	}
	return errors.Join(problems...)
}
