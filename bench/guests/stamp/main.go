// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command stamp is a plugin for the benchmark of reloads: it writes its version
// into every ConfigMap that has the label "stamp".
package main

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// version stands once in the module, so that the benchmark can write another
// one there and have another module.
var version = "version 000000000000"

// ConfigMap is what the plugin reads of one.
type ConfigMap struct {
	sdk.Metadata
	Data struct {
		Version string `json:"version"`
	} `json:"data"`
}

var configMaps = sdk.NewResource[ConfigMap]("v1", "configmaps", "ConfigMap", sdk.Writes("patch"))

func init() {
	sdk.Plugin("stamp", "1")
	sdk.Register(sdk.Controller{Name: "stamp", For: configMaps, Concurrency: 4, Reconcile: sdk.ReconcilerFunc(reconcile)})
}

func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	cm, err := configMaps.Get(ctx, req.Key)
	if err != nil || !cm.Labels.Has("stamp") || cm.Data.Version == version {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	patch := sdk.MergePatch(map[string]any{"data": map[string]string{"version": version}})
	_, err = configMaps.Patch(ctx, cm, patch, sdk.Unchanged(cm))
	return sdk.Result{}, err
}

func main() {}
