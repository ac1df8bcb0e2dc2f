// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command beat is a plugin for tests of failover: it writes without end, and
// without a condition that would hold back a write that comes too late. Each
// write says who made it, and is longer than the buffers of a connection to the
// proxy of the test.
package main

import (
	"context"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// ConfigMap is what the plugin reads of one: not the data that it writes,
// which would wake it.
type ConfigMap struct {
	sdk.Metadata
}

// Settings are what tells two processes, and two tests, apart.
type Settings struct {
	Namespace string `json:"namespace"`
	Writer    string `json:"writer"`
}

var (
	configMaps = sdk.NewResource[ConfigMap]("v1", "configmaps", "ConfigMap", sdk.Writes("patch"))
	settings   = sdk.NewSettings(Settings{})
	padding    = strings.Repeat("x", 16<<10)
)

func init() {
	sdk.Plugin("beat", "1")
	sdk.Register(sdk.Controller{Name: "beat", For: configMaps, Concurrency: 4, Reconcile: sdk.ReconcilerFunc(reconcile)})
}

func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	if req.Namespace != settings.Get(ctx).Namespace {
		return sdk.Result{}, nil
	}
	cm, err := configMaps.Get(ctx, req.Key)
	if err != nil || !cm.Labels.Has("beat") {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	_, err = configMaps.Patch(ctx, cm, sdk.MergePatch(map[string]any{"data": map[string]string{
		"writer": settings.Get(ctx).Writer, "time": time.Now().String(), "padding": padding,
	}}))
	return sdk.Result{RequeueAfter: time.Millisecond}, err
}

func main() {}
