// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import (
	"context"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// servicesOn wakes the services that select pods on a node which has come or
// moved to another zone. A new node has no pods, as a rule; one that was deleted
// and has registered itself again has those that it had before.
func servicesOn(ctx context.Context, change sdk.Change[Node]) []sdk.Key {
	node := change.After
	if node == nil {
		return nil // its pods will go, which wakes
	}
	var keys []sdk.Key
	selectable := map[string][]backend.Service{} // by namespace
	for pod, err := range pods.All(ctx, sdk.ByField("spec.nodeName", node.Name)) {
		if err != nil {
			sdk.LoggerFrom(ctx).Error(err, "the pods of the node are not known", "node", node.Name)
			return keys
		}
		inNamespace, listed := selectable[pod.Namespace]
		if !listed {
			if inNamespace, err = services.List(ctx, sdk.InNamespace(pod.Namespace)); err != nil {
				sdk.LoggerFrom(ctx).Error(err, "the services of the pods of the node are not known", "node", node.Name)
				return keys
			}
			selectable[pod.Namespace] = inNamespace
		}
		for i := range inNamespace {
			if s := &inNamespace[i]; s.Selects() && sdk.SelectorOf(s.Spec.Selector).Matches(pod.Meta.Labels) {
				keys = append(keys, s.Key())
			}
		}
	}
	return keys
}
