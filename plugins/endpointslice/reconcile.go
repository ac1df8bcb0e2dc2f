// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import (
	"context"
	"time"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconcile makes the slices of one service hold the pods that it selects. It
// need not know what it wrote before: the host's reads include it.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	service, err := services.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err) // the slices go with their owner
	}
	if !service.Selects() {
		return sdk.Result{}, nil
	}
	members, homeless, err := membersOf(ctx, service)
	if err != nil {
		return sdk.Result{}, err
	}
	existing, err := backend.SlicesOf(ctx, sliceCache, service.Key(), managedBy)
	if err != nil {
		return sdk.Result{}, err
	}
	given := settings.Get(ctx)
	changes := plan(service, members, existing, given.MaxEndpointsPerSlice)
	if wait := backend.Wait(ctx, req, given.period); wait > 0 && len(existing) > 0 && !changes.None() {
		return sdk.Result{RequeueAfter: wait}, nil
	}
	since := triggerOf(service, members, existing)
	writer := backend.Writer{
		Slices: sliceCache, Namespace: service.Namespace, Owner: sdk.ControllerRef(service, services),
		Annotate: since.Annotate, Frozen: service.Deleting(),
	}
	if err := writer.Write(ctx, changes); err != nil {
		if !sdk.IsConflict(err) {
			services.Event(ctx, service, sdk.Warning, "FailedToUpdateEndpointSlices",
				"Error updating Endpoint Slices for Service "+service.Key().String()+": "+err.Error())
		}
		return sdk.Result{}, err
	}
	if homeless {
		return sdk.Result{RequeueAfter: homelessAgain}, nil
	}
	return sdk.Result{}, nil
}

// homelessAgain is when a service is looked at again of which a pod has no node.
// The node wakes it when it comes; this is in case that the look at its pods
// failed then.
const homelessAgain = time.Minute

// membersOf returns the pods that belong into the slices of the service. A pod
// whose node is not known does not, unless the service publishes whatever there
// is; homeless says whether there is one.
func membersOf(ctx context.Context, service *backend.Service) (members []member, homeless bool, err error) {
	zones := map[string]string{}
	selected, err := pods.List(ctx, sdk.InNamespace(service.Namespace), sdk.MatchingLabels(service.Spec.Selector))
	if err != nil {
		return nil, false, err
	}
	for i := range selected {
		pod := &selected[i]
		if pod.Finished() || len(pod.Status.PodIPs) == 0 {
			continue
		}
		zone, known := zones[pod.Spec.NodeName]
		if !known {
			if zone, known, err = zoneOf(ctx, pod); err != nil {
				return nil, false, err
			}
			if !known && !service.Spec.PublishNotReadyAddresses {
				homeless = true
				continue
			}
			zones[pod.Spec.NodeName] = zone
		}
		members = append(members, member{*pod, zone})
	}
	return members, homeless, nil
}

// zoneOf returns the zone of the pod's node, and whether there is such a node.
func zoneOf(ctx context.Context, pod *backend.Pod) (zone string, known bool, err error) {
	if pod.Spec.NodeName == "" {
		return "", false, nil
	}
	node, err := nodes.Get(ctx, sdk.Key{Name: pod.Spec.NodeName})
	if err != nil {
		return "", false, sdk.IgnoreNotFound(err)
	}
	return node.Meta.Labels.Zone, true, nil
}

// triggerOf returns when that happened which changes the slices now: the
// earliest change of the readiness of a pod whose endpoint is new or less or
// more ready than its slice has it, and the creation of a service that has no
// slices. What happened else has left no time behind.
func triggerOf(service *backend.Service, members []member, existing []*backend.Slice) (since backend.Trigger) {
	serving := map[string]bool{} // by the uid of the pod
	fresh := true
	for _, slice := range existing {
		fresh = fresh && !slice.OwnedBy("Service", service.UID)
		for _, e := range slice.Endpoints {
			if e.TargetRef != nil && e.Conditions.Serving != nil {
				serving[e.TargetRef.UID] = *e.Conditions.Serving
			}
		}
	}
	if fresh {
		since.Add(service.CreationTimestamp.Time)
		return since
	}
	for i := range members {
		ready, changed := members[i].Ready()
		if was, known := serving[members[i].UID]; !known || was != ready {
			since.Add(changed)
		}
	}
	return since
}
