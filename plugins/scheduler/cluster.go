// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// cluster is the world in which pods are placed: the nodes with the pods that
// are bound to them, and those that this batch has placed.
type cluster struct {
	nodes      []*node // ascending by name
	byName     map[string]*node
	namespaces map[string]sdk.Labels
	apart      []placed // pods with required anti-affinity
}

// node is a node with what is on it.
type node struct {
	*Node
	allocatable, used resources
	pods              []*Pod
	ports             []Port
}

// placed is a pod on a node.
type placed struct {
	pod  *Pod
	node *node
}

func newCluster(nodes []Node, pods []Pod, namespaces []Namespace) *cluster {
	c := &cluster{byName: map[string]*node{}, namespaces: map[string]sdk.Labels{}}
	for i := range nodes {
		n := &node{Node: &nodes[i], allocatable: resourcesOf(nodes[i].Status.Allocatable)}
		c.nodes = append(c.nodes, n)
		c.byName[n.Name] = n
	}
	slices.SortFunc(c.nodes, func(a, b *node) int { return strings.Compare(a.Name, b.Name) })
	for i := range namespaces {
		c.namespaces[namespaces[i].Name] = namespaces[i].Labels
	}
	for i := range pods {
		if n := c.byName[pods[i].Spec.NodeName]; n != nil && !pods[i].ended() {
			c.place(&pods[i], n)
		}
	}
	return c
}

// place puts a pod on a node.
func (c *cluster) place(p *Pod, n *node) {
	n.used.add(requestsOf(p))
	n.pods = append(n.pods, p)
	n.ports = append(n.ports, hostPorts(p)...)
	if p.Spec.Affinity != nil && p.Spec.Affinity.Anti != nil && len(p.Spec.Affinity.Anti.Required) > 0 {
		c.apart = append(c.apart, placed{p, n})
	}
}

// hostPorts returns the ports that a pod takes of its node.
func hostPorts(p *Pod) []Port {
	var ports []Port
	take := func(containers []Container, sidecarsOnly bool) {
		for i := range containers {
			if sidecarsOnly && containers[i].RestartPolicy != "Always" {
				continue
			}
			for _, port := range containers[i].Ports {
				if port.HostPort > 0 {
					ports = append(ports, port)
				}
			}
		}
	}
	take(p.Spec.Containers, false)
	take(p.Spec.InitContainers, true)
	return ports
}

// clash reports whether two ports of a node cannot be taken at once.
func (p Port) clash(other Port) bool {
	everywhere := func(ip string) bool { return ip == "" || ip == "0.0.0.0" || ip == "::" }
	return p.HostPort == other.HostPort && protocol(p) == protocol(other) &&
		(p.HostIP == other.HostIP || everywhere(p.HostIP) || everywhere(other.HostIP))
}

func protocol(p Port) string {
	if p.Protocol == "" {
		return "TCP"
	}
	return p.Protocol
}

// count returns how many pods that match there are in each domain of the key,
// and 0 for domains without; of the nodes for which eligible is true.
func (c *cluster) count(key string, eligible func(*node) bool, match func(*Pod) bool) map[string]int {
	counts := map[string]int{}
	for _, n := range c.nodes {
		domain, has := n.Labels.Lookup(key)
		if !has || !eligible(n) {
			continue
		}
		here := counts[domain]
		for _, p := range n.pods {
			if match(p) {
				here++
			}
		}
		counts[domain] = here
	}
	return counts
}

func anyNode(*node) bool { return true }
