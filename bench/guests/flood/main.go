// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command flood is a plugin that takes whatever it gets: one of its controllers
// computes, the other one writes, both with many workers. The benchmark of
// fairness keeps their queues full.
package main

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is what the plugin reads.
type Pod struct {
	sdk.Header
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
}

var pods = sdk.NewResource[Pod]("v1", "pods", "Pod", sdk.Writes("patch"))

func init() {
	sdk.Register(
		sdk.Controller{Name: "compute", For: pods, Concurrency: 16, Reconcile: compute},
		sdk.Controller{Name: "write", For: pods, Concurrency: 32, Reconcile: write},
	)
}

// compute takes some milliseconds.
func compute(context.Context, sdk.Request) (sdk.Result, error) {
	x := uint64(88172645463325252)
	for range 2_000_000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	if x == 0 { // never; but then the work cannot be left out
		return sdk.Result{}, errZero
	}
	return sdk.Result{}, nil
}

var errZero = errors.New("a xorshift generator came to zero")

func write(ctx context.Context, request sdk.Request) (sdk.Result, error) {
	pod, err := pods.Get(ctx, request.Key)
	if err != nil {
		return sdk.Result{}, err
	}
	labels := map[string]any{"metadata": map[string]any{"labels": map[string]any{"node": pod.Spec.NodeName}}}
	_, err = pods.Patch(ctx, pod, sdk.MergePatch(labels))
	return sdk.Result{}, err
}

func main() {}
