// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command gadget is a plugin for tests of the host: it works on a custom
// resource, gadgets.example.com, and copies spec.size to status.size, if there is one. A
// singleton adds up the sizes. The projection also names a field that the schema does not have.
package main

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Gadget is what the plugin reads of one.
type Gadget struct {
	sdk.Metadata
	Spec struct {
		Size int64 `json:"size"`
	} `json:"spec"`
	Status struct {
		Size   int64 `json:"size"`
		Weight int64 `json:"weight"` // not in the schema
	} `json:"status"`
}

var gadgets = sdk.NewResource[Gadget]("example.com/v1", "gadgets", "Gadget", sdk.Writes("status/patch"))

func init() {
	sdk.Plugin("gadget", "1")
	sdk.Register(
		sdk.Controller{
			Name: "gadget", For: gadgets, Reconcile: sdk.ReconcilerFunc(reconcile),
			ForWhere: []sdk.Condition{sdk.IsSet("spec.size")},
		},
		sdk.Controller{
			Name: "scales", Singleton: true, Reconcile: weigh,
			Watches: []sdk.Watch{{Resource: gadgets, Map: sdk.MapSingleton()}},
		},
	)
}

func weigh(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	sum := int64(0)
	for g, err := range gadgets.All(ctx) {
		if err != nil {
			return sdk.Result{}, err
		}
		sum += g.Spec.Size
	}
	sdk.LoggerFrom(ctx).Info("Weighed", "key", req.Key.String(), "sum", sum)
	return sdk.Result{}, nil
}

func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	g, err := gadgets.Get(ctx, req.Key)
	if err != nil || g.Status.Size == g.Spec.Size {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	patch := sdk.MergePatch(map[string]any{"status": map[string]int64{"size": g.Spec.Size}})
	_, err = gadgets.Patch(ctx, g, patch, sdk.Subresource("status"))
	return sdk.Result{}, err
}

func main() {}
