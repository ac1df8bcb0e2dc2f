// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package podgc

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// departure is the part of a pod by which it can be one that leaves without ever
// having had a node.
type departure struct {
	Metadata struct {
		DeletionTimestamp sdk.Time `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
}

// withoutNode are the pods that wake unscheduled.
var withoutNode = []sdk.Condition{sdk.IsSet("metadata.deletionTimestamp"), sdk.Is(nodeField, "")}

// unscheduled deletes a pod that is being deleted and has no node that could see
// to it. Looking for them among all pods without a node, as upstream does, would
// read thousands where a cluster is too small for what is asked of it.
func unscheduled(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	pod, err := pods.Get(ctx, req.Key)
	switch {
	case sdk.IsNotFound(err):
		return sdk.Result{}, nil
	case err != nil:
		return sdk.Result{}, err
	case !pod.deleting() || pod.Spec.NodeName != "" || pod.forced():
		return sdk.Result{}, nil
	}
	r := &remover{left: 1}
	if err := r.remove(ctx, reasonUnscheduled, []Pod{*pod}, nil); err != nil {
		return sdk.Result{}, err
	}
	if r.failed {
		return sdk.Result{RequeueAfter: period}, nil
	}
	return sdk.Result{}, nil
}
