// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/store"
)

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
