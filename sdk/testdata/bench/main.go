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
		sdk.Controller{Name: "create", For: pods, Reconcile: func(ctx context.Context, req sdk.Request) (sdk.Result, error) {
			object := &newPod{Spec: spec}
			object.Namespace, object.GenerateName = req.Namespace, "web-"
			object.Labels = sdk.Labels{{Key: "app", Value: "web"}}
			object.OwnerReferences = []sdk.OwnerReference{{APIVersion: "v1", Kind: "ReplicationController", Name: "web", UID: "1", Controller: true}}
			for _, errs := range pods.SlowStart(ctx, 20, object) {
				if len(errs) > 0 {
					return sdk.Result{}, errs[0]
				}
			}
			return sdk.Result{}, nil
		}},
	)
}

// newPod is a pod as the benchmark creates it.
type newPod struct {
	sdk.Metadata
	Spec sdk.Raw `json:"spec"`
}

// spec is that of a small pod, as the API server has it.
const spec = sdk.Raw(`{"containers":[{"name":"web","image":"registry.example.com/web:1.2.3","resources":{},` +
	`"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],` +
	`"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}`)

func main() {}
