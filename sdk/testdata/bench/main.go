// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench is a guest that reads pods, for the benchmarks of the SDK.
package main

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/testdata/pod"
)

var pods = sdk.NewResource[pod.Pod]("v1", "pods", "Pod")

func init() {
	sdk.Register(
		sdk.Controller{Name: "nothing", For: pods, Reconcile: func(context.Context, sdk.Request) (sdk.Result, error) {
			return sdk.Result{}, nil
		}},
		sdk.Controller{Name: "get", For: pods, Reconcile: func(ctx context.Context, req sdk.Request) (sdk.Result, error) {
			p, err := pods.Get(ctx, req.Key)
			if err == nil && p.Status.Phase == "" {
				return sdk.Result{}, sdk.TerminalError(err)
			}
			return sdk.Result{}, err
		}},
		sdk.Controller{Name: "list", For: pods, Reconcile: func(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
			_, err := pods.List(ctx)
			return sdk.Result{}, err
		}},
		sdk.Controller{Name: "all", For: pods, Reconcile: func(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
			for _, err := range pods.All(ctx) {
				if err != nil {
					return sdk.Result{}, err
				}
			}
			return sdk.Result{}, nil
		}},
	)
}

func main() {}
