// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"strings"

	"github.com/wasm-controller-manager/wcm/plugins/internal/quantity"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// usage are amounts by key of a quota.
type usage map[string]quantity.Quantity

// The prefixes and suffixes of keys.
const (
	countPrefix       = "count/"
	requestsPrefix    = "requests."
	limitsPrefix      = "limits."
	hugePagesPrefix   = "hugepages-"
	deviceClassPrefix = "deviceclass.resource.kubernetes.io/"
	classSuffix       = ".storageclass.storage.k8s.io/"
	devicesSuffix     = ".deviceclass.resource.k8s.io/devices"
)

// The resources that are measured and not only counted.
const (
	podResource     = "pods"
	serviceResource = "services"
	claimResource   = "persistentvolumeclaims"
	deviceResource  = "resourceclaims.resource.k8s.io"
)

var one = quantity.Of(1)

// resourceOf returns the resource that a key measures or counts, with its group,
// "deployments.apps"; "" if it is not known to be one.
func resourceOf(key string) string {
	switch {
	case claimMeter(key) != nil:
		return claimResource
	case serviceMeter(key) != nil:
		return serviceResource
	case podMeter(key) != nil:
		return podResource
	case deviceMeter(key) != nil:
		return deviceResource
	case key == "configmaps" || key == "resourcequotas" || key == "replicationcontrollers" || key == "secrets":
		return key
	}
	resource, _ := strings.CutPrefix(key, countPrefix)
	if resource == key {
		return ""
	}
	return resource
}

// podMeter returns what a pod takes of the limit with the key; nil if the limit
// is not one of pods.
func podMeter(key string) func(*bill) quantity.Quantity {
	if key == countPrefix+podResource {
		return func(*bill) quantity.Quantity { return one }
	}
	if key == podResource {
		return func(b *bill) quantity.Quantity {
			if b.ended {
				return quantity.Quantity{}
			}
			return one
		}
	}
	if name, ok := strings.CutPrefix(key, limitsPrefix); ok {
		if !plain(name) {
			return nil
		}
		return func(b *bill) quantity.Quantity { return b.limits.of(name) }
	}
	name, prefixed := strings.CutPrefix(key, requestsPrefix)
	if !plain(name) && !strings.HasPrefix(name, hugePagesPrefix) && (!prefixed || !extended(name)) {
		return nil
	}
	return func(b *bill) quantity.Quantity { return b.requests.of(name) }
}

func plain(name string) bool {
	return name == "cpu" || name == "memory" || name == "ephemeral-storage"
}

// extended reports whether a resource is not one of Kubernetes' own.
func extended(name string) bool {
	return strings.Contains(name, "/") && (!strings.Contains(name, "kubernetes.io/") || strings.HasPrefix(name, deviceClassPrefix))
}

// serviceMeter is podMeter for services.
func serviceMeter(key string) func(*Service) quantity.Quantity {
	switch key {
	case serviceResource, countPrefix + serviceResource:
		return func(*Service) quantity.Quantity { return one }
	case "services.loadbalancers":
		return func(s *Service) quantity.Quantity { return quantity.Of(s.loadBalancers()) }
	case "services.nodeports":
		return func(s *Service) quantity.Quantity { return quantity.Of(s.nodePorts()) }
	}
	return nil
}

// claimMeter is podMeter for claims of volumes.
func claimMeter(key string) func(*Claim) quantity.Quantity {
	if key == countPrefix+claimResource {
		return func(*Claim) quantity.Quantity { return one }
	}
	class, what, ofClass := cutLast(key, classSuffix)
	var measure func(*Claim) quantity.Quantity
	switch what {
	case claimResource:
		measure = func(*Claim) quantity.Quantity { return one }
	case "requests.storage":
		measure = (*Claim).storage
	default:
		return nil
	}
	if !ofClass {
		return measure
	}
	return func(c *Claim) quantity.Quantity {
		if c.class() != class {
			return quantity.Quantity{}
		}
		return measure(c)
	}
}

// deviceMeter is podMeter for claims of devices.
func deviceMeter(key string) func(*DeviceClaim) quantity.Quantity {
	class, ok := strings.CutSuffix(key, devicesSuffix)
	if !ok || class == "" {
		return nil
	}
	return func(c *DeviceClaim) quantity.Quantity { return quantity.Of(c.devices(class)) }
}

// cutLast cuts the text at the last separator; without one all of it is after.
func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return "", text, false
	}
	return text[:at], text[at+len(separator):], true
}

// metersOf returns the meters of those keys that have one.
func metersOf[T any](hard sdk.Labels, meterOf func(key string) func(*T) quantity.Quantity) map[string]func(*T) quantity.Quantity {
	meters := map[string]func(*T) quantity.Quantity{}
	for _, limit := range hard {
		if meter := meterOf(limit.Key); meter != nil {
			meters[limit.Key] = meter
		}
	}
	return meters
}
