// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command stamp is a plugin for tests of the host: it writes its version into
// the data of every ConfigMap that has the label "stamp", traps for those whose
// name begins with "poison", never returns for those with "endless", and takes
// its time for those with "later".
package main

import (
	"context"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// These are set by the linker, so that a test can make another module.
var (
	version = "1"
	poison  = "poison" // empty: traps for everything
	label   = "stamp"
)

// ConfigMap is what the plugin reads of one.
type ConfigMap struct {
	sdk.Metadata
	Data map[string]string `json:"data"`
}

var configMaps = sdk.NewResource[ConfigMap]("v1", "configmaps", "ConfigMap", sdk.Writes("patch"))

func init() {
	sdk.Plugin("stamp", version)
	sdk.Register(sdk.Controller{
		Name: "stamp", For: configMaps, Concurrency: 4, Reconcile: sdk.ReconcilerFunc(reconcile),
	})
}

func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	if poison == "" {
		panic("everything is poison")
	}
	cm, err := configMaps.Get(ctx, req.Key)
	if err != nil || !cm.Labels.Has(label) {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	if strings.HasPrefix(cm.Name, poison) {
		panic("this object is poison")
	}
	for strings.HasPrefix(cm.Name, "endless") {
		continue
	}
	if strings.HasPrefix(cm.Name, "later") && req.Due.IsZero() {
		return sdk.Result{RequeueAfter: 5 * time.Second}, nil
	}
	if cm.Data["version"] == version {
		return sdk.Result{}, nil
	}
	patch := sdk.MergePatch(map[string]any{"data": map[string]string{"version": version}})
	_, err = configMaps.Patch(ctx, cm, patch, sdk.Unchanged(cm))
	return sdk.Result{}, err
}

func main() {}
