// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// member is a pod that belongs into slices.
type member struct {
	backend.Pod
	zone string // of its node
}

// group is the endpoints that have the same ports and so share slices.
type group struct {
	ports     []backend.Port
	endpoints []wanted // ascending by key, none twice
}

// wanted is an endpoint that should be in a slice, with its key.
type wanted struct {
	key string
	backend.Endpoint
}

// groups returns the endpoints of one address family, in the order of their
// ports. A service without endpoints has no group.
func groups(service *backend.Service, members []member, family string) []group {
	byPorts := map[string]*group{}
	var keys []string
	for i := range members {
		m := &members[i]
		addresses := m.Addresses(family)
		if len(addresses) == 0 {
			continue
		}
		ports := m.Ports(service)
		key := backend.PortsKey(ports)
		g := byPorts[key]
		if g == nil {
			g = &group{ports: ports}
			byPorts[key], keys = g, append(keys, key)
		}
		e := m.endpoint(service, addresses)
		g.endpoints = append(g.endpoints, wanted{e.Key(), e})
	}
	slices.Sort(keys)
	sorted := make([]group, len(keys))
	for i, key := range keys {
		sorted[i] = *byPorts[key]
		sorted[i].endpoints = unique(sorted[i].endpoints)
	}
	return sorted
}

// unique sorts endpoints and drops those that another one is the same as.
func unique(endpoints []wanted) []wanted {
	slices.SortFunc(endpoints, func(a, b wanted) int { return strings.Compare(a.key, b.key) })
	return slices.CompactFunc(endpoints, func(a, b wanted) bool { return a.key == b.key })
}

// endpoint returns the pod as an endpoint of the service.
func (m *member) endpoint(service *backend.Service, addresses []string) backend.Endpoint {
	serving, _ := m.Ready()
	terminating := m.Terminating()
	ready := service.Spec.PublishNotReadyAddresses || serving && !terminating
	e := backend.Endpoint{
		Addresses:  addresses,
		Conditions: backend.Conditions{Ready: &ready, Serving: &serving, Terminating: &terminating},
		Hostname:   m.HostnameIn(service),
		NodeName:   m.Spec.NodeName,
		Zone:       m.zone,
		TargetRef:  m.Ref(),
	}
	if ready {
		e.Hints = hints(service, &e)
	}
	return e
}

// hints returns the hints of a ready endpoint for the traffic distribution that
// the service asks for, nil for none. The older annotation asks for another
// distribution, which is not supported, and has precedence.
func hints(service *backend.Service, e *backend.Endpoint) *backend.Hints {
	if topologyMode(service) {
		return nil
	}
	var h backend.Hints
	switch service.Spec.TrafficDistribution {
	case "PreferSameNode":
		h.ForNodes = place(e.NodeName)
		fallthrough
	case "PreferSameZone", "PreferClose":
		h.ForZones = place(e.Zone)
	}
	if h.ForNodes == nil && h.ForZones == nil {
		return nil
	}
	return &h
}

func place(name string) []backend.Place {
	if name == "" {
		return nil
	}
	return []backend.Place{{Name: name}}
}

// topologyMode reports whether an annotation of the service asks for hints.
func topologyMode(service *backend.Service) bool {
	annotations := &service.Topology.Annotations
	mode := annotations.Hints
	if mode == "" {
		mode = annotations.Mode
	}
	return mode == "Auto" || mode == "auto"
}

// labels returns the labels of the slices of the service.
func labels(service *backend.Service) sdk.Labels {
	return service.CopyLabels(
		sdk.Label{Key: backend.LabelServiceName, Value: service.Name},
		sdk.Label{Key: backend.LabelManagedBy, Value: managedBy})
}
