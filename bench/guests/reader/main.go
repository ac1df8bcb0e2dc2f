// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command reader is a plugin that reads pods, for the benchmark of reads.
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

var pods = sdk.NewResource[Pod]("v1", "pods", "Pod", sdk.IndexLabel("app"))

func init() {
	sdk.Register(
		sdk.Controller{Name: "get", For: pods, Reconcile: get},
		sdk.Controller{Name: "list", For: pods, Reconcile: list()},
		sdk.Controller{Name: "list-by-label", For: pods, Reconcile: list(sdk.ByLabel("app", "web"))},
		sdk.Controller{Name: "all", For: pods, Reconcile: all()},
		sdk.Controller{Name: "all-by-label", For: pods, Reconcile: all(sdk.ByLabel("app", "web"))},
	)
}

var (
	errNoNode = errors.New("a pod has no node")
	errOther  = errors.New("these are not the pods of the benchmark")
)

// keys are of the pods that get reads; it finds them at its first call.
var keys []sdk.Key

// get gets one hundred pods of the request's namespace, one by one.
func get(ctx context.Context, request sdk.Request) (sdk.Result, error) {
	if keys == nil {
		listed, err := pods.List(ctx, sdk.InNamespace(request.Namespace))
		if err != nil {
			return sdk.Result{}, err
		}
		if len(listed) < 100 {
			return sdk.Result{}, sdk.TerminalError(errOther)
		}
		for i := range listed[:100] {
			keys = append(keys, listed[i].Key())
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

// list returns a reconcile that lists 500 pods.
func list(options ...sdk.ListOption) sdk.ReconcilerFunc {
	return func(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
		listed, err := pods.List(ctx, options...)
		if err != nil {
			return sdk.Result{}, err
		}
		return enough(len(listed))
	}
}

// all returns a reconcile that iterates over 500 pods.
func all(options ...sdk.ListOption) sdk.ReconcilerFunc {
	return func(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
		n := 0
		for pod, err := range pods.All(ctx, options...) {
			if err != nil {
				return sdk.Result{}, err
			}
			if pod.Spec.NodeName == "" {
				return sdk.Result{}, sdk.TerminalError(errNoNode)
			}
			n++
		}
		return enough(n)
	}
}

func enough(pods int) (sdk.Result, error) {
	if pods != 500 {
		return sdk.Result{}, sdk.TerminalError(errOther)
	}
	return sdk.Result{}, nil
}

func main() {}
