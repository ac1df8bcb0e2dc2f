// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// finalizer keeps a Service until its load balancer is gone.
const finalizer = "service.kubernetes.io/load-balancer-cleanup"

const typeLoadBalancer = "LoadBalancer"

// Service is what the plugin reads of a Service.
type Service struct {
	sdk.Metadata
	Wishes struct {
		Annotations Annotations `json:"annotations"`
	} `json:"metadata"`
	Spec   Spec `json:"spec"`
	Status struct {
		LoadBalancer LoadBalancer `json:"loadBalancer"`
		Conditions   []Condition  `json:"conditions"`
	} `json:"status"`
}

// Annotations are the wishes of a Service, under the names of MetalLB.
type Annotations struct {
	Pool      string `json:"metallb.io/address-pool"`
	Addresses string `json:"metallb.io/loadBalancerIPs"` // with commas between them
	Sharing   string `json:"metallb.io/allow-shared-ip"` // services with the same text may share addresses
}

// Spec is what the plugin reads of a Service's spec.
type Spec struct {
	Type                  string   `json:"type"`
	LoadBalancerClass     string   `json:"loadBalancerClass"`
	LoadBalancerIP        string   `json:"loadBalancerIP"`
	IPFamilies            []string `json:"ipFamilies"`
	IPFamilyPolicy        string   `json:"ipFamilyPolicy"`
	ExternalTrafficPolicy string   `json:"externalTrafficPolicy"`
	Ports                 []Port   `json:"ports"`
}

// Port is a port of a Service.
type Port struct {
	Name     string `json:"name,omitempty"`
	Protocol string `json:"protocol"`
	Port     int32  `json:"port"`
	NodePort int32  `json:"nodePort,omitempty"`
}

// LoadBalancer is where a Service is reached from outside.
type LoadBalancer struct {
	Ingress []Ingress `json:"ingress"`
}

// Ingress is one address or name of a load balancer.
type Ingress struct {
	IP       string `json:"ip,omitempty"`
	Hostname string `json:"hostname,omitempty"`
}

// Condition is a condition of a Service.
type Condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	Reason             string   `json:"reason"`
	Message            string   `json:"message"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
}

// served reports whether the Service has a load balancer of this class, which
// may be on its way out. Empty: Services without class.
func (s *Service) served(class string) bool {
	return s.Spec.Type == typeLoadBalancer && s.Spec.LoadBalancerClass == class
}

// addresses returns the addresses that the Service holds.
func (s *Service) addresses() []netip.Addr {
	var held []netip.Addr
	for _, i := range s.Status.LoadBalancer.Ingress {
		if a, err := netip.ParseAddr(i.IP); err == nil {
			held = append(held, a)
		}
	}
	return held
}

// requested returns the addresses that the Service asks for by name, as text.
func (s *Service) requested() []string {
	wish := s.Wishes.Annotations.Addresses
	if wish == "" {
		wish = s.Spec.LoadBalancerIP
	}
	return strings.FieldsFunc(wish, func(r rune) bool { return r == ',' || r == ' ' })
}

// families returns the families of addresses that the Service has.
func (s *Service) families() []string {
	if len(s.Spec.IPFamilies) == 0 {
		return []string{familyIPv4}
	}
	return s.Spec.IPFamilies
}

const (
	familyIPv4 = "IPv4"
	familyIPv6 = "IPv6"
)

func familyOf(a netip.Addr) string {
	if a.Is4() {
		return familyIPv4
	}
	return familyIPv6
}

// shares reports whether two Services may have one address: both say so with
// the same text, their ports differ, and any node may answer for either.
func (s *Service) shares(other *Service) bool {
	key := s.Wishes.Annotations.Sharing
	if key == "" || key != other.Wishes.Annotations.Sharing || s.local() || other.local() {
		return false
	}
	return !slices.ContainsFunc(s.Spec.Ports, func(p Port) bool {
		return slices.ContainsFunc(other.Spec.Ports, func(o Port) bool { return p.Port == o.Port && p.Protocol == o.Protocol })
	})
}

func (s *Service) local() bool { return s.Spec.ExternalTrafficPolicy == "Local" }

// olderThan reports whether a Service was there before another one, which
// decides who keeps an address that both hold.
func (s *Service) olderThan(other *Service) bool {
	if c := s.CreationTimestamp.Compare(other.CreationTimestamp.Time); c != 0 {
		return c < 0
	}
	return s.UID < other.UID
}
