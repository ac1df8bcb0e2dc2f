// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command guest is the plugin of the benchmarks. It never writes.
package main

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is eight values that most controllers of pods read.
type Pod struct {
	sdk.Header
	Metadata struct {
		Labels            sdk.Labels `json:"labels"`
		DeletionTimestamp sdk.Time   `json:"deletionTimestamp"`
		OwnerReferences   []owner    `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
	Status struct {
		Phase      string      `json:"phase"`
		Conditions []condition `json:"conditions"`
	} `json:"status"`
}

type owner struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller bool   `json:"controller"`
}

type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

var pods = sdk.NewResource[Pod]("v1", "pods", "Pod")

func init() {
	sdk.Register(
		sdk.Controller{Name: "nothing", For: pods, Reconcile: nothing},
		sdk.Controller{Name: "read", For: pods, Reconcile: read},
		sdk.Controller{Name: "spin", For: pods, Reconcile: spin},
	)
}

func nothing(context.Context, sdk.Request) (sdk.Result, error) { return sdk.Result{}, nil }

var errNoNode = errors.New("a pod has no node")

// keys are of the pods that read reads; it finds them at its first call.
var keys []sdk.Key

// read gets one hundred pods of the request's namespace.
func read(ctx context.Context, request sdk.Request) (sdk.Result, error) {
	if keys == nil {
		listed, err := pods.List(ctx, sdk.InNamespace(request.Namespace))
		if err != nil {
			return sdk.Result{}, err
		}
		for _, pod := range listed[:100] {
			keys = append(keys, sdk.Key{Namespace: pod.Namespace, Name: pod.Name})
		}
	}
	for _, key := range keys {
		pod, err := pods.Get(ctx, key)
		if err != nil {
			return sdk.Result{}, err
		}
		if pod.Spec.NodeName == "" {
			return sdk.Result{}, sdk.TerminalError(errNoNode)
		}
	}
	return sdk.Result{}, nil
}

// spin never ends and never calls the host.
func spin(context.Context, sdk.Request) (sdk.Result, error) {
	counts := map[int]int{}
	for n := 0; ; n++ {
		counts[n%1000] += n
	}
}

func main() {}
