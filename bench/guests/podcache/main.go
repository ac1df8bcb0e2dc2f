// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command podcache is the plugin of the benchmark memory: it reads of pods what
// most controllers of pods do, and does nothing.
package main

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is what the plugin reads, and the host keeps.
type Pod struct {
	sdk.Metadata
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
	Status struct {
		Phase      string      `json:"phase"`
		Conditions []condition `json:"conditions"`
	} `json:"status"`
}

type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

func init() {
	sdk.Register(sdk.Controller{
		Name: "podcache", For: sdk.NewResource[Pod]("v1", "pods", "Pod"),
		Reconcile: sdk.ReconcilerFunc(func(context.Context, sdk.Request) (sdk.Result, error) { return sdk.Result{}, nil }),
	})
}

func main() {}
