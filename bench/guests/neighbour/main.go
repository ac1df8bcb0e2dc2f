// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command neighbour is a plugin that behaves well: it reads one pod and writes
// it once. The benchmark of fairness puts it beside the plugin flood.
package main

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is what the plugin reads.
type Pod struct {
	sdk.Header
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

var pods = sdk.NewResource[Pod]("v1", "pods", "Pod", sdk.Writes("patch"))

func init() {
	sdk.Register(sdk.Controller{Name: "neighbour", For: pods, Concurrency: 4, Reconcile: reconcile})
}

func reconcile(ctx context.Context, request sdk.Request) (sdk.Result, error) {
	pod, err := pods.Get(ctx, request.Key)
	if err != nil {
		return sdk.Result{}, err
	}
	labels := map[string]any{"metadata": map[string]any{"labels": map[string]any{"phase": pod.Status.Phase}}}
	_, err = pods.Patch(ctx, pod, sdk.MergePatch(labels))
	return sdk.Result{}, err
}

func main() {}
