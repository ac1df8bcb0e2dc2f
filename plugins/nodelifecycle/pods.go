// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// podsOf wakes the pods of a node that has become unknown.
func podsOf(ctx context.Context, change sdk.Change[Node]) []sdk.Key {
	if change.After == nil || change.After.ready() != statusUnknown {
		return nil
	}
	if change.Before != nil && change.Before.ready() == statusUnknown {
		return nil
	}
	var keys []sdk.Key
	for pod, err := range pods.All(ctx, sdk.ByField("spec.nodeName", change.After.Name)) {
		if err != nil {
			sdk.LoggerFrom(ctx).Error(err, "The pods of the node are not known", "node", change.After.Name)
			return keys
		}
		keys = append(keys, pod.Key())
	}
	return keys
}

// reconcilePod says in a pod that it is not ready if nobody knows how its node
// is: Services must not send anything there. Its kubelet puts it right when it
// is back.
func reconcilePod(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	pod, err := pods.Get(ctx, req.Key)
	if err != nil || !pod.ready() || pod.Spec.NodeName == "" {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	node, err := nodes.Get(ctx, sdk.Key{Name: pod.Spec.NodeName})
	if err != nil || node.ready() != statusUnknown {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	var change struct {
		Status struct {
			Conditions []readiness `json:"conditions"`
		} `json:"status"`
	}
	change.Status.Conditions = []readiness{{conditionReady, statusFalse, sdk.NewTime(sdk.Now(ctx))}}
	_, err = pods.Patch(ctx, pod, sdk.StrategicPatch(change), sdk.Subresource("status"), sdk.PreconditionUID(pod.UID), sdk.Unchanged(pod))
	if err == nil {
		pods.Event(ctx, pod, sdk.Warning, "NodeNotReady", "Node is not ready")
	}
	return sdk.Result{}, sdk.IgnoreNotFound(err)
}

// readiness is what is written of a pod's Ready condition.
type readiness struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
}

func (p *Pod) ready() bool {
	for _, c := range p.Status.Conditions {
		if c.Type == conditionReady {
			return c.Status == statusTrue
		}
	}
	return false
}
