// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command tracker is the plugin of the benchmark churn: it looks at each pod
// whose labels change, and at the ReplicaSet of the pod. It never writes.
package main

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod and ReplicaSet are what the plugin reads.
type (
	Pod        struct{ sdk.Metadata }
	ReplicaSet struct{ sdk.Metadata }
)

var (
	pods        = sdk.NewResource[Pod]("v1", "pods", "Pod")
	replicaSets = sdk.NewResource[ReplicaSet]("apps/v1", "replicasets", "ReplicaSet")
)

func init() {
	sdk.Register(sdk.Controller{Name: "tracker", For: pods, Reconcile: sdk.ReconcilerFunc(reconcile)})
}

var errOtherApp = errors.New("a pod has another app than its owner")

func reconcile(ctx context.Context, request sdk.Request) (sdk.Result, error) {
	pod, err := pods.Get(ctx, request.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	reference := pod.ControllerOwner()
	if reference == nil {
		return sdk.Result{}, nil
	}
	owner, err := replicaSets.Get(ctx, sdk.Key{Namespace: pod.Namespace, Name: reference.Name})
	if err != nil {
		return sdk.Result{}, err
	}
	if owner.Labels.Get("app") != pod.Labels.Get("app") {
		return sdk.Result{}, sdk.TerminalError(errOtherApp)
	}
	return sdk.Result{}, nil
}

func main() {}
