// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package tainteviction

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// reasonEviction is the reason of all events of the plugin.
const reasonEviction = "TaintManagerEviction"

const evictions = sdk.Counter("taint_eviction_controller_pod_deletions_total")

// reconcile deletes a pod, now or later, if its node has taints that it does
// not tolerate for ever. Since when it waits is for the host to know.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	pod, err := pods.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	if pod.Spec.NodeName == "" || !pod.Metadata.DeletionTimestamp.IsZero() {
		return sdk.Result{}, nil
	}
	node, err := nodes.Get(ctx, sdk.Key{Name: pod.Spec.NodeName})
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	stays := patience(pod.Spec.Tolerations, node.noExecute())
	if stays == forever {
		if !req.Due.IsZero() {
			pods.Event(ctx, pod, sdk.Normal, reasonEviction, "Cancelling deletion of Pod "+pod.Key().String())
		}
		return sdk.Result{}, nil
	}
	now := sdk.Now(ctx)
	if wait := deadline(pod, stays, req.Due, now).Sub(now); wait > 0 {
		return sdk.Result{RequeueAfter: wait}, nil
	}
	return sdk.Result{}, evict(ctx, pod)
}

// condition is a condition of a pod's status.
type condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	Reason             string   `json:"reason"`
	Message            string   `json:"message"`
	ObservedGeneration int64    `json:"observedGeneration,omitempty"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
}

// evict says why in the pod, and deletes it. That it has vanished is no error.
func evict(ctx context.Context, pod *Pod) error {
	pods.Event(ctx, pod, sdk.Normal, reasonEviction, "Marking for deletion Pod "+pod.Key().String())
	var change struct {
		Status struct {
			Conditions []condition `json:"conditions"`
		} `json:"status"`
	}
	change.Status.Conditions = []condition{{
		Type: "DisruptionTarget", Status: "True", Reason: "DeletionByTaintManager",
		Message:            "Taint manager: deleting due to NoExecute taint",
		ObservedGeneration: pod.Metadata.Generation, LastTransitionTime: sdk.NewTime(sdk.Now(ctx)),
	}}
	same := sdk.PreconditionUID(pod.UID)
	_, err := pods.Patch(ctx, pod, sdk.StrategicPatch(change), sdk.Subresource("status"), same)
	if err == nil {
		err = pods.Delete(ctx, pod, same)
	}
	if err == nil {
		evictions.Add(ctx, 1)
	}
	return sdk.IgnoreNotFound(err)
}
