// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconciledLabels are labels that older clients look for, and those whose
// value they have.
var reconciledLabels = []struct{ from, to string }{
	{"kubernetes.io/os", "beta.kubernetes.io/os"},
	{"kubernetes.io/arch", "beta.kubernetes.io/arch"},
}

// staleLabels returns the labels that the node lacks or has with another value.
func staleLabels(n *Node) map[string]string {
	var stale map[string]string
	for _, l := range reconciledLabels {
		value, ok := n.Metadata.Labels.Lookup(l.from)
		if !ok {
			continue
		}
		if is, has := n.Metadata.Labels.Lookup(l.to); !has || is != value {
			if stale == nil {
				stale = map[string]string{}
			}
			stale[l.to] = value
		}
	}
	return stale
}

// reconcileConditions gives a node the NoSchedule taints and the labels that
// follow from the node itself.
func reconcileConditions(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	node, err := nodes.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	labels := staleLabels(node)
	taints, changed := retaint(node.Spec.Taints, ownNoSchedule, noSchedule, noScheduleTaints(node), sdk.Now(ctx))
	change := map[string]any{}
	if labels != nil {
		change["metadata"] = map[string]any{"labels": labels}
	}
	if changed {
		change["spec"] = map[string]any{"taints": taints}
	}
	if len(change) == 0 {
		return sdk.Result{}, nil
	}
	_, err = nodes.Patch(ctx, node, sdk.MergePatch(change), sdk.PreconditionUID(node.UID), sdk.Unchanged(node))
	return sdk.Result{}, sdk.IgnoreNotFound(err)
}
