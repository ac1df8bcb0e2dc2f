// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"context"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/outside"
)

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

// defaultConcurrency is how many keys a controller works on at once if its
// description does not say, as in controller-runtime.
const defaultConcurrency = 1

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

// guestOptions returns options that hold instances to what the operator's file
// says of them.
func guestOptions(m *manifest.Manifest) guest.Options {
	l := m.Limits
	return guest.Options{
		Controllers:  m.Controllers,
		MemoryLimit:  uint64(l.Memory),
		MessageLimit: int(l.MessageSize),
		RecycleAbove: uint64(l.RecycleMemory),
		OutputLimit:  int(l.LogLineSize),
	}
}
