// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package podgc

import (
	"context"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// orphaned deletes the pods of a node that is gone, and stays so for a while.
// The key is the name of the node; it is woken when the node comes or goes and
// when a pod is bound to it.
func orphaned(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	if _, err := nodes.Get(ctx, req.Key); !sdk.IsNotFound(err) {
		return sdk.Result{}, err
	}
	orphans, err := pods.List(ctx, sdk.ByField(nodeField, req.Name))
	if orphans = slices.DeleteFunc(orphans, func(p Pod) bool { return p.forced() }); err != nil || len(orphans) == 0 {
		return sdk.Result{}, err
	}
	switch now := sdk.Now(ctx); {
	case req.Due.IsZero():
		return sdk.Result{RequeueAfter: quarantine}, nil
	case req.Due.After(now):
		return sdk.Result{RequeueAfter: req.Due.Sub(now)}, nil
	}
	// The cache may not have a node yet that came a moment ago.
	if _, err := nodes.Get(ctx, req.Key, sdk.Live()); !sdk.IsNotFound(err) {
		return sdk.Result{}, err
	}
	r := &remover{left: batch}
	err = r.remove(ctx, reasonOrphaned, orphans, &nodeIsGone)
	switch {
	case err != nil:
		return sdk.Result{}, err
	case len(orphans) > batch:
		return sdk.Result{RequeueAfter: breath}, nil
	case r.failed:
		return sdk.Result{RequeueAfter: period}, nil
	}
	return sdk.Result{}, nil
}
