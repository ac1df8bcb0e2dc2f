// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"context"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Slice is an EndpointSlice.
type Slice struct {
	sdk.Metadata
	sdk.Annotations
	AddressType string     `json:"addressType"`
	Endpoints   []Endpoint `json:"endpoints"`
	Ports       []Port     `json:"ports"`
}

// Endpoint is one endpoint of a slice.
type Endpoint struct {
	Addresses  []string         `json:"addresses"`
	Conditions Conditions       `json:"conditions"`
	Hostname   string           `json:"hostname,omitempty"`
	NodeName   string           `json:"nodeName,omitempty"`
	Zone       string           `json:"zone,omitempty"`
	TargetRef  *ObjectReference `json:"targetRef,omitempty"`
	Hints      *Hints           `json:"hints,omitempty"`
}

// Conditions say what an endpoint can be used for; nil is unknown.
type Conditions struct {
	Ready       *bool `json:"ready,omitempty"`
	Serving     *bool `json:"serving,omitempty"`
	Terminating *bool `json:"terminating,omitempty"`
}

// Hints say from where an endpoint is best used.
type Hints struct {
	ForZones []Place `json:"forZones,omitempty"`
	ForNodes []Place `json:"forNodes,omitempty"`
}

// Place is a zone or a node.
type Place struct {
	Name string `json:"name"`
}

// ObjectReference names the object behind an endpoint.
type ObjectReference struct {
	APIVersion      string `json:"apiVersion,omitempty"`
	Kind            string `json:"kind,omitempty"`
	Namespace       string `json:"namespace,omitempty"`
	Name            string `json:"name,omitempty"`
	UID             string `json:"uid,omitempty"`
	ResourceVersion string `json:"resourceVersion,omitempty"`
	FieldPath       string `json:"fieldPath,omitempty"`
}

// Key returns a text that is the same for endpoints that are the same one in
// different states: its addresses, host name, and the name behind it.
func (e *Endpoint) Key() string {
	addresses := e.Addresses
	if !slices.IsSorted(addresses) {
		addresses = slices.Sorted(slices.Values(addresses))
	}
	key := strings.Join(addresses, ",") + "\x00" + e.Hostname
	if e.TargetRef != nil {
		key += "\x00" + e.TargetRef.Namespace + "/" + e.TargetRef.Name
	}
	return key
}

// Same reports whether the endpoints, whose keys are equal, are in the same state.
func (e *Endpoint) Same(other *Endpoint) bool {
	return e.NodeName == other.NodeName && e.Zone == other.Zone &&
		same(e.Conditions.Ready, other.Conditions.Ready) &&
		same(e.Conditions.Serving, other.Conditions.Serving) &&
		same(e.Conditions.Terminating, other.Conditions.Terminating) &&
		sameRef(e.TargetRef, other.TargetRef) && e.Hints.same(other.Hints)
}

func same[T comparable](a, b *T) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

// sameRef does not look at the resource version: it is not about the endpoint.
func sameRef(a, b *ObjectReference) bool {
	if a == nil || b == nil {
		return a == b
	}
	first, second := *a, *b
	first.ResourceVersion, second.ResourceVersion = "", ""
	return first == second
}

// same takes no hints and empty ones for the same.
func (h *Hints) same(other *Hints) bool {
	if h == nil {
		h = &Hints{}
	}
	if other == nil {
		other = &Hints{}
	}
	return slices.Equal(h.ForZones, other.ForZones) && slices.Equal(h.ForNodes, other.ForNodes)
}

// SlicesOf returns the slices of the service with the key that the manager
// made, from the cache. Those on their way out are gone already. The
// resource is declared with the index of [LabelServiceName].
func SlicesOf(ctx context.Context, cache *sdk.Resource[Slice], service sdk.Key, manager string) ([]*Slice, error) {
	all, err := cache.List(ctx, sdk.InNamespace(service.Namespace), sdk.ByLabel(LabelServiceName, service.Name))
	if err != nil {
		return nil, err
	}
	var own []*Slice
	for i := range all {
		if all[i].Labels.Get(LabelManagedBy) == manager && !all[i].Deleting() {
			own = append(own, &all[i])
		}
	}
	return own, nil
}

// ManagedBy are the slices that [SlicesOf] returns: no others need wake the manager.
func ManagedBy(manager string) []sdk.Condition {
	return []sdk.Condition{sdk.Is("metadata.labels."+LabelManagedBy, manager)}
}

// OwnedBy reports whether the slice has an owner of the kind, of the core
// group, with the uid.
func (s *Slice) OwnedBy(kind, uid string) bool {
	return slices.ContainsFunc(s.OwnerReferences, func(o sdk.OwnerReference) bool {
		return o.APIVersion == "v1" && o.Kind == kind && o.UID == uid
	})
}

// SameLabels reports whether the labels are the same, in whatever order.
func SameLabels(a, b sdk.Labels) bool { return len(a) == len(b) && a.Contains(b) }
