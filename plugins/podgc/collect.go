// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package podgc

import (
	"context"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// The reasons for a deletion, as they stand in the metrics.
const (
	reasonTerminated   = "terminated"
	reasonOutOfService = "out-of-service"
	reasonOrphaned     = "orphaned"
	reasonUnscheduled  = "unscheduled"
)

// collect looks for pods to delete, by index: none of the others is read.
func collect(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
	r := &remover{left: batch}
	for _, rule := range []func(context.Context, *remover) error{collectTerminated, collectOutOfService} {
		if err := rule(ctx, r); err != nil {
			return sdk.Result{}, err
		}
	}
	if r.left == 0 {
		return sdk.Result{RequeueAfter: breath}, nil
	}
	return sdk.Result{RequeueAfter: period}, nil
}

func collectTerminated(ctx context.Context, r *remover) error {
	threshold := int(settings.Get(ctx).TerminatedPodGCThreshold)
	if threshold <= 0 {
		return nil
	}
	var ended []Pod
	for _, phase := range []string{phaseSucceeded, phaseFailed} {
		for pod, err := range pods.All(ctx, sdk.ByField(phaseField, phase)) {
			if err != nil {
				return err
			}
			if !pod.forced() {
				ended = append(ended, pod.outline())
			}
		}
	}
	return r.remove(ctx, reasonTerminated, surplus(ended, threshold), nil)
}

// outline is the pod without what the next one is read into.
func (p *Pod) outline() Pod {
	o := *p
	o.Own.DeletionGracePeriodSeconds, o.Status.Conditions = nil, nil
	return o
}

// collectOutOfService deletes pods that are being deleted on nodes that will
// not come back.
func collectOutOfService(ctx context.Context, r *remover) error {
	for node, err := range nodes.All(ctx) {
		if err != nil {
			return err
		}
		if !node.outOfService() {
			continue
		}
		here, err := pods.List(ctx, sdk.ByField(nodeField, node.Name))
		if err != nil {
			return err
		}
		leaving := terminating(here)
		slices.SortFunc(leaving, compareTerminated)
		if err := r.remove(ctx, reasonOutOfService, leaving, nil); err != nil {
			return err
		}
	}
	return nil
}
