// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import "github.com/wasm-controller-manager/wcm/sdk"

// Service is what the controllers read of a service.
type Service struct {
	sdk.Metadata
	Topology struct {
		Annotations struct {
			Mode  string `json:"service.kubernetes.io/topology-mode"`
			Hints string `json:"service.kubernetes.io/topology-aware-hints"`
		} `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Type                     string        `json:"type"`
		ClusterIP                string        `json:"clusterIP"`
		Selector                 sdk.Labels    `json:"selector"`
		IPFamilies               []string      `json:"ipFamilies"`
		Ports                    []ServicePort `json:"ports"`
		PublishNotReadyAddresses bool          `json:"publishNotReadyAddresses"`
		TrafficDistribution      string        `json:"trafficDistribution"`
	} `json:"spec"`
}

// ServicePort is one port of a service.
type ServicePort struct {
	Name        string          `json:"name"`
	Protocol    string          `json:"protocol"`
	Port        int32           `json:"port"`
	TargetPort  sdk.IntOrString `json:"targetPort"`
	AppProtocol string          `json:"appProtocol"`
}

// clusterIPNone is the cluster IP of a service that asks for none.
const clusterIPNone = "None"

// The IP families, which are the address types of slices as well.
const (
	IPv4 = "IPv4"
	IPv6 = "IPv6"
)

// Selects reports whether the endpoints of the service are the pods that it
// selects. Those of other services are made by somebody else, or by nobody.
func (s *Service) Selects() bool {
	return s.Spec.Type != "ExternalName" && len(s.Spec.Selector) > 0
}

// headless reports whether the service has no cluster IP, whether it asked for
// none or has not got one yet.
func (s *Service) headless() bool {
	return s.Spec.ClusterIP == clusterIPNone || s.Spec.ClusterIP == ""
}

// Families returns the IP families of the service. One that names none, as
// before dual-stack clusters, has the family of its cluster IP, and both
// if it has no cluster IP either.
func (s *Service) Families() []string {
	var families []string
	for _, family := range s.Spec.IPFamilies {
		if family == IPv4 || family == IPv6 {
			families = append(families, family)
		}
	}
	switch {
	case len(families) > 0:
		return families
	case s.headless():
		return []string{IPv4, IPv6}
	}
	_, family := ParseIP(s.Spec.ClusterIP)
	return []string{family}
}

// CopyLabels returns the labels of the service that its slices or Endpoints
// have too: all but the reserved ones, then those that are given, and the
// label that marks what belongs to a headless service.
func (s *Service) CopyLabels(own ...sdk.Label) sdk.Labels {
	labels := make(sdk.Labels, 0, len(s.Labels)+len(own)+1)
	for _, label := range s.Labels {
		if label.Key != LabelHeadless && !sdk.Labels(own).Has(label.Key) {
			labels = append(labels, label)
		}
	}
	labels = append(labels, own...)
	if s.headless() {
		labels = append(labels, sdk.Label{Key: LabelHeadless})
	}
	return labels
}
