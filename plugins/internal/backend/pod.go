// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Pod is what the controllers read of a pod.
type Pod struct {
	sdk.Header
	Meta struct {
		Labels            sdk.Labels `json:"labels"`
		DeletionTimestamp sdk.Time   `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		NodeName       string      `json:"nodeName"`
		Hostname       string      `json:"hostname"`
		Subdomain      string      `json:"subdomain"`
		Containers     []Container `json:"containers"`
		InitContainers []Container `json:"initContainers"`
	} `json:"spec"`
	Status struct {
		Phase      string         `json:"phase"`
		PodIPs     []PodIP        `json:"podIPs"`
		Conditions []PodCondition `json:"conditions"`
	} `json:"status"`
}

// Container is what the controllers read of a container: its ports.
type Container struct {
	RestartPolicy string          `json:"restartPolicy"` // Always: an init container that goes on, a sidecar
	Ports         []ContainerPort `json:"ports"`
}

// ContainerPort is one port of a container.
type ContainerPort struct {
	Name          string `json:"name"`
	ContainerPort int32  `json:"containerPort"`
	Protocol      string `json:"protocol"`
}

// PodIP is one address of a pod.
type PodIP struct {
	IP string `json:"ip"`
}

// PodCondition is what the controllers read of a condition of a pod.
type PodCondition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
}

// Terminating reports whether the pod is being deleted.
func (p *Pod) Terminating() bool { return !p.Meta.DeletionTimestamp.IsZero() }

// Finished reports whether the containers have ended for good.
func (p *Pod) Finished() bool {
	return p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed"
}

// Ready reports whether the pod is ready, and when that was last another way;
// the zero time if it says nothing.
func (p *Pod) Ready() (ready bool, since time.Time) {
	for _, c := range p.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True", c.LastTransitionTime.Time
		}
	}
	return false, time.Time{}
}

// Addresses returns the pod's addresses of the family, in their canonical form.
func (p *Pod) Addresses(family string) []string {
	var addresses []string
	for _, ip := range p.Status.PodIPs {
		if canonical, is := ParseIP(ip.IP); is == family {
			addresses = append(addresses, canonical)
		}
	}
	return addresses
}

// Ref returns the reference to the pod that an endpoint has.
func (p *Pod) Ref() *ObjectReference {
	return &ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, UID: p.UID}
}

// HostnameIn returns the name of the pod in the domain of the service, empty
// if it has none there.
func (p *Pod) HostnameIn(s *Service) string {
	if p.Spec.Subdomain == s.Name && p.Namespace == s.Namespace {
		return p.Spec.Hostname
	}
	return ""
}

// Ports returns where the pod serves the ports of the service. Those that are
// named, and that the pod has no name for, are left out.
func (p *Pod) Ports(s *Service) []Port {
	ports := make([]Port, 0, len(s.Spec.Ports))
	for i := range s.Spec.Ports {
		port := &s.Spec.Ports[i]
		if number, found := p.target(port); found {
			ports = append(ports, Port{Name: port.Name, Port: number, Protocol: port.Protocol, AppProtocol: port.AppProtocol})
		}
	}
	sortPorts(ports)
	return ports
}

// target returns the number of the pod's port that a port of a service is for.
func (p *Pod) target(port *ServicePort) (number int32, found bool) {
	switch port.TargetPort.Kind {
	case sdk.IsInt:
		return int32(port.TargetPort.Int), true
	case sdk.IsAbsent:
		return port.Port, true
	}
	for _, c := range p.Spec.Containers {
		if number, found = c.port(port); found {
			return number, true
		}
	}
	for _, c := range p.Spec.InitContainers {
		if c.RestartPolicy != "Always" {
			continue
		}
		if number, found = c.port(port); found {
			return number, true
		}
	}
	return 0, false
}

// port returns the number of the container's port with the name and protocol
// that the port of a service asks for.
func (c *Container) port(of *ServicePort) (number int32, found bool) {
	for _, port := range c.Ports {
		if port.Name == of.TargetPort.Text && port.Protocol == of.Protocol {
			return port.ContainerPort, true
		}
	}
	return 0, false
}
