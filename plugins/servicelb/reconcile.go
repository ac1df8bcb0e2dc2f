// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"context"
	"net/netip"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconcile gives a Service its load balancer, or takes it away.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	service, err := services.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	s := settings.Get(ctx)
	if !service.served(s.LoadBalancerClass) || service.Deleting() {
		return release(ctx, s, service)
	}
	if !service.HasFinalizer(finalizer) { // before there is something to clean up
		add := map[string]any{"metadata": map[string]any{"finalizers": []string{finalizer}}}
		if service, err = patch(ctx, service, add); err != nil {
			return sdk.Result{}, sdk.IgnoreNotFound(err)
		}
	}
	if s.Endpoint != "" {
		return provide(ctx, s, service)
	}
	return sdk.Result{}, allocate(ctx, s, service, req.Attempt > 0)
}

// allocate gives the Service addresses of the pools. After a failed attempt the
// API server itself is asked who holds what: a write that timed out may have
// been made.
func allocate(ctx context.Context, s *Settings, service *Service, live bool) error {
	var options []sdk.ListOption
	if live {
		options = append(options, sdk.Live())
	}
	all, err := services.List(ctx, options...)
	if err != nil {
		return err
	}
	addresses, err := s.assign(service, holdersOf(all, s.LoadBalancerClass))
	if err != nil {
		return report(ctx, service, outcome{reason: "AllocationFailed", message: "Failed to allocate IP: " + err.Error()})
	}
	return report(ctx, service, outcome{ready: true, ingress: ingressOf(addresses), reason: "Assigned"})
}

func ingressOf(addresses []netip.Addr) []Ingress {
	ingress := make([]Ingress, len(addresses))
	for i, a := range addresses {
		ingress[i] = Ingress{IP: a.String()}
	}
	return ingress
}

// release takes the load balancer away from a Service that is not to have one
// any more. One that is of another class is not ours.
func release(ctx context.Context, s *Settings, service *Service) (sdk.Result, error) {
	other := service.Spec.Type == typeLoadBalancer && !service.served(s.LoadBalancerClass)
	if other || !service.HasFinalizer(finalizer) {
		return sdk.Result{}, nil
	}
	services.Event(ctx, service, sdk.Normal, "DeletingLoadBalancer", "Deleting load balancer")
	if s.Endpoint != "" {
		if result, err := withdraw(ctx, s, service); err != nil || result.RequeueAfter > 0 {
			return result, err
		}
	}
	if !service.Deleting() {
		if err := forget(ctx, service); err != nil {
			return sdk.Result{}, err
		}
	}
	services.Event(ctx, service, sdk.Normal, "DeletedLoadBalancer", "Deleted load balancer")
	remove := map[string]any{"metadata": map[string]any{"$deleteFromPrimitiveList/finalizers": []string{finalizer}}}
	_, err := patch(ctx, service, remove)
	return sdk.Result{}, sdk.IgnoreNotFound(err)
}

// freed wakes the Services that wait for an address when another one has lost
// one of its own.
func freed(ctx context.Context, change sdk.Change[Service]) []sdk.Key {
	s := settings.Get(ctx)
	if change.Before == nil || s.Endpoint != "" {
		return nil
	}
	var now []netip.Addr
	if change.After != nil {
		now = change.After.addresses()
	}
	kept := func(a netip.Addr) bool { return slices.Contains(now, a) }
	if !slices.ContainsFunc(change.Before.addresses(), func(a netip.Addr) bool { return !kept(a) }) {
		return nil
	}
	var waiting []sdk.Key
	for service, err := range services.All(ctx) {
		if err != nil {
			sdk.LoggerFrom(ctx).Error(err, "Services cannot be listed")
			return nil
		}
		if service.served(s.LoadBalancerClass) && len(service.addresses()) < len(service.families()) {
			waiting = append(waiting, service.Key())
		}
	}
	return waiting
}
