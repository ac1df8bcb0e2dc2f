// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"context"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// conditionProvisioned says whether a Service has its load balancer.
const conditionProvisioned = "LoadBalancerProvisioned"

// outcome is what became of an attempt to give a Service a load balancer.
type outcome struct {
	ready   bool
	ingress []Ingress
	reason  string
	message string // why it is not ready
}

// reasonPending is that of an attempt that has not ended.
const reasonPending = "Pending"

// report writes the outcome to the status, with an event if it changed.
func report(ctx context.Context, s *Service, o outcome) error {
	condition := Condition{
		Type: conditionProvisioned, Status: "False", Reason: o.reason, Message: o.message,
		LastTransitionTime: sdk.NewTime(sdk.Now(ctx)),
	}
	if o.ready {
		condition.Status = "True"
	}
	i := slices.IndexFunc(s.Status.Conditions, func(c Condition) bool { return c.Type == conditionProvisioned })
	if i >= 0 && s.Status.Conditions[i].Status == condition.Status {
		condition.LastTransitionTime = s.Status.Conditions[i].LastTransitionTime
	}
	if i >= 0 && s.Status.Conditions[i] == condition && slices.Equal(s.Status.LoadBalancer.Ingress, o.ingress) {
		return nil
	}
	change := struct {
		Status struct {
			LoadBalancer LoadBalancer `json:"loadBalancer"`
			Conditions   []Condition  `json:"conditions"`
		} `json:"status"`
	}{}
	change.Status.LoadBalancer.Ingress, change.Status.Conditions = o.ingress, []Condition{condition}
	if err := writeStatus(ctx, s, change); err != nil {
		return err
	}
	switch {
	case o.ready:
		services.Event(ctx, s, sdk.Normal, "EnsuredLoadBalancer", "Ensured load balancer")
	case o.reason == reasonPending:
		services.Event(ctx, s, sdk.Normal, "EnsuringLoadBalancer", "Ensuring load balancer")
	default:
		services.Event(ctx, s, sdk.Warning, o.reason, o.message)
	}
	return nil
}

// forget takes the load balancer out of the status of a Service that lives on.
func forget(ctx context.Context, s *Service) error {
	known := slices.ContainsFunc(s.Status.Conditions, func(c Condition) bool { return c.Type == conditionProvisioned })
	if !known && len(s.Status.LoadBalancer.Ingress) == 0 {
		return nil
	}
	return writeStatus(ctx, s, map[string]any{"status": map[string]any{
		"loadBalancer": map[string]any{"ingress": nil},
		"conditions":   []map[string]any{{"$patch": "delete", "type": conditionProvisioned}},
	}})
}

func writeStatus(ctx context.Context, s *Service, change any) error {
	_, err := patch(ctx, s, change)
	return sdk.IgnoreNotFound(err)
}

// patch changes a Service through its status, which takes finalizers along: so
// the plugin needs no grant for the rest of the Service.
func patch(ctx context.Context, s *Service, change any) (*Service, error) {
	return services.Patch(ctx, s, sdk.StrategicPatch(change), sdk.Subresource("status"), sdk.PreconditionUID(s.UID))
}
