// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// checkProjection warns of fields that a module reads and the resource does
// not have: most often a slip of the pen, but the module may be older or newer
// than the cluster, and an absent field is absent.
func (h *Host) checkProjection(ctx context.Context, plugin string, r *abi.Resource) {
	if r.Projection == nil {
		return
	}
	for _, warning := range h.projectionWarnings(ctx, r) {
		h.Logger.Warn("Projection does not fit the resource", "plugin", plugin, "resource", r.String(), "warning", warning)
	}
}

func (h *Host) projectionWarnings(ctx context.Context, r *abi.Resource) []string {
	version := schema.GroupVersion{Group: r.Group, Version: r.Version}
	if compiled, known := scheme.Scheme.KnownTypes(version)[r.Kind]; known {
		return project.CheckType(r.Projection, compiled)
	}
	published, err := h.kube.Schema(ctx, kube.TargetOf(r))
	if err != nil || published == nil { // nothing to compare with, which is no fault of the module
		return nil
	}
	return project.CheckOpenAPI(r.Projection, published)
}
