// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/plugins/internal/quantity"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// page is how many objects are listed at once.
const page = 500

// measure returns what is used of each key of the quota that can be measured.
// The error says what could not; the rest is right all the same.
func measure(ctx context.Context, q *ResourceQuota) (usage, error) {
	used, scopes, now := usage{}, q.Spec.scopes(), sdk.Now(ctx)
	return used, errors.Join(
		sum(ctx, used, q, pods, podMeter, func(p *Pod) *bill {
			if !meetAll(p, scopes, podMeets) {
				return nil
			}
			return p.bill(now)
		}),
		sum(ctx, used, q, services, serviceMeter, func(s *Service) *Service {
			if !meetAll(s, scopes, noneMeets) {
				return nil
			}
			return s
		}),
		sum(ctx, used, q, claims, claimMeter, func(c *Claim) *Claim {
			if !meetAll(c, scopes, claimMeets) {
				return nil
			}
			return c
		}),
		sumDevices(ctx, used, q, scopes),
		countAll(ctx, used, q, len(scopes) > 0),
	)
}

// sumDevices adds up the claims of devices, which not every cluster has.
func sumDevices(ctx context.Context, used usage, q *ResourceQuota, scopes []Requirement) error {
	return sdk.IgnoreNotFound(sum(ctx, used, q, devices, deviceMeter, func(c *DeviceClaim) *DeviceClaim {
		if !meetAll(c, scopes, noneMeets) {
			return nil
		}
		return c
	}, sdk.PageSize(page)))
}

// sum adds up the objects of a resource. bill returns what an object takes, nil
// if the quota is not for it.
func sum[T, B any](ctx context.Context, used usage, q *ResourceQuota, of *sdk.Resource[T],
	meterOf func(key string) func(*B) quantity.Quantity, billOf func(*T) *B, options ...sdk.ListOption,
) error {
	meters := metersOf(q.Spec.Hard, meterOf)
	if len(meters) == 0 {
		return nil
	}
	total := usage{}
	for key := range meters {
		total[key] = quantity.Quantity{}
	}
	for object, err := range of.All(ctx, append(options, sdk.InNamespace(q.Namespace))...) {
		if err != nil {
			return err
		}
		bill := billOf(object)
		if bill == nil {
			continue
		}
		for key, meter := range meters {
			total[key] = total[key].Add(meter(bill))
		}
	}
	maps.Copy(used, total)
	return nil
}

// countAll counts the objects of resources that are not measured: what is watched
// in the cache, the rest live. What is not served is left out.
func countAll(ctx context.Context, used usage, q *ResourceQuota, scoped bool) error {
	var failures []error
	for _, key := range countedKeys(q) {
		of, err := thingsOf(ctx, resourceOf(key))
		switch {
		case err != nil:
			failures = append(failures, err)
		case of == nil:
		case scoped:
			used[key] = quantity.Quantity{}
		default:
			n, err := count(ctx, of, q.Namespace)
			if err == nil {
				used[key] = quantity.Of(n)
			} else if !sdk.IsNotFound(err) {
				failures = append(failures, err)
			}
		}
	}
	return errors.Join(failures...)
}

// thingsOf returns the resource of a name such as "deployments.apps", nil if it
// cannot be counted.
func thingsOf(ctx context.Context, name string) (*sdk.Resource[Thing], error) {
	if k := watchedKind(name); k != nil {
		return k.things, nil
	}
	discovery, err := sdk.Discover(ctx)
	if err != nil {
		return nil, err
	}
	if r := countable(discovery.Resources, name); r != nil {
		return things.Of(*r), nil
	}
	return nil, nil
}

// countedKeys returns the keys for which objects are only counted.
func countedKeys(q *ResourceQuota) []string {
	var keys []string
	for _, limit := range q.Spec.Hard {
		switch resourceOf(limit.Key) {
		case "", podResource, serviceResource, claimResource:
		default:
			if deviceMeter(limit.Key) == nil {
				keys = append(keys, limit.Key)
			}
		}
	}
	return keys
}

// countable returns the resource of a name such as "deployments.apps", in the
// preferred version if it is there; nil if it cannot be counted.
func countable(served []sdk.APIResource, name string) *sdk.APIResource {
	resource, group, _ := strings.Cut(name, ".")
	if resource == "events" && (group == "" || group == "events.k8s.io") {
		return nil // never counted
	}
	var found *sdk.APIResource
	for i := range served {
		r := &served[i]
		if r.Resource == resource && r.Group == group && r.Namespaced && r.Can("create", "list", "watch", "delete") &&
			(found == nil || r.Preferred) {
			found = r
		}
	}
	return found
}

func count(ctx context.Context, of *sdk.Resource[Thing], namespace string) (n uint64, err error) {
	for _, err := range of.All(ctx, sdk.InNamespace(namespace), sdk.PageSize(page)) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// status returns the status that the quota should have. What could not be
// measured stays as it was.
func (q *ResourceQuota) status(used usage) Status {
	status := Status{Hard: q.Spec.Hard}
	for _, limit := range q.Spec.Hard {
		amount, measured := used[limit.Key]
		before, known := q.Status.Used.Lookup(limit.Key)
		switch {
		case measured:
			status.Used = append(status.Used, sdk.Label{Key: limit.Key, Value: amount.String()})
		case known:
			status.Used = append(status.Used, sdk.Label{Key: limit.Key, Value: before})
		}
	}
	return status
}

// equals compares values, not how they are written.
func (s *Status) equals(other *Status) bool {
	same := func(a, b sdk.Labels) bool {
		return slices.EqualFunc(a, b, func(a, b sdk.Label) bool {
			return a.Key == b.Key && quantity.Parse(a.Value).Cmp(quantity.Parse(b.Value)) == 0
		})
	}
	return same(s.Hard, other.Hard) && same(s.Used, other.Used)
}
