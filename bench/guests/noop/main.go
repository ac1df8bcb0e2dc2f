// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command guest is the plugin of the benchmarks. It never writes.
package main

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is what every controller reads of a pod.
type Pod struct{ sdk.Metadata }

var pods = sdk.NewResource[Pod]("v1", "pods", "Pod")

func init() {
	sdk.Register(
		sdk.Controller{Name: "nothing", For: pods, Reconcile: nothing},
		sdk.Controller{Name: "spin", For: pods, Reconcile: spin},
	)
}

func nothing(context.Context, sdk.Request) (sdk.Result, error) { return sdk.Result{}, nil }

// spin never ends and never calls the host.
func spin(context.Context, sdk.Request) (sdk.Result, error) {
	counts := map[int]int{}
	for n := 0; ; n++ {
		counts[n%1000] += n
	}
}

func main() {}
