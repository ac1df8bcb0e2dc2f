// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import "github.com/wasm-controller-manager/wcm/sdk"

// Node is what the plugin reads of a node.
type Node struct {
	sdk.Header
	Metadata struct {
		Labels            sdk.Labels `json:"labels"`
		CreationTimestamp sdk.Time   `json:"creationTimestamp"`
	} `json:"metadata"`
	Spec struct {
		Unschedulable bool    `json:"unschedulable"`
		Taints        []Taint `json:"taints"`
	} `json:"spec"`
	Status struct {
		Conditions []Condition `json:"conditions"`
	} `json:"status"`
}

// Taint is a taint of a node, with all of its fields: they are written as they
// were read.
type Taint struct {
	Key       string   `json:"key"`
	Value     string   `json:"value,omitempty"`
	Effect    string   `json:"effect"`
	TimeAdded sdk.Time `json:"timeAdded,omitzero"`
}

// Condition is what the plugin reads of a condition.
type Condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastHeartbeatTime  sdk.Time `json:"lastHeartbeatTime"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
}

// The states of a condition.
const (
	statusTrue    = "True"
	statusFalse   = "False"
	statusUnknown = "Unknown"
)

// The conditions of nodes that kubelets report.
const (
	conditionReady          = "Ready"
	conditionMemoryPressure = "MemoryPressure"
	conditionDiskPressure   = "DiskPressure"
	conditionPIDPressure    = "PIDPressure"
)

// conditionChange has the fields of a node from which taints and labels follow.
type conditionChange struct {
	Metadata struct {
		Labels sdk.Labels `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		Unschedulable bool    `json:"unschedulable"`
		Taints        []Taint `json:"taints"`
	} `json:"spec"`
	readyChange
}

// readyChange has the fields of a node that say how it is, without those that
// only say that it is.
type readyChange struct {
	Status struct {
		Conditions []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"conditions"`
	} `json:"status"`
}

// Lease is what the plugin reads of a node's lease.
type Lease struct {
	sdk.Header
	Spec struct {
		RenewTime sdk.MicroTime `json:"renewTime"`
	} `json:"spec"`
}

// leaseNamespace is where nodes have their leases, under their names.
const leaseNamespace = "kube-node-lease"

// Pod is what the plugin reads of a pod.
type Pod struct {
	sdk.Header
	podChange
	Status struct {
		Conditions []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"conditions"`
	} `json:"status"`
}

// podChange has the fields of a pod whose change can mean work.
type podChange struct {
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
}

// condition returns a condition of the node, nil if it has none. It points
// into n.
func (n *Node) condition(name string) *Condition {
	for i := range n.Status.Conditions {
		if n.Status.Conditions[i].Type == name {
			return &n.Status.Conditions[i]
		}
	}
	return nil
}

// ready returns the status of the node's Ready condition, empty if it has none.
func (n *Node) ready() string {
	if c := n.condition(conditionReady); c != nil {
		return c.Status
	}
	return ""
}

// zone returns the failure domain of the node, its region and zone, empty if it
// is in none that is known.
func (n *Node) zone() string {
	region, zone := n.label("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
		n.label("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone")
	if region == "" && zone == "" {
		return ""
	}
	return region + ":" + zone
}

// label returns the value of the first label that the node has.
func (n *Node) label(names ...string) string {
	for _, name := range names {
		if value, ok := n.Metadata.Labels.Lookup(name); ok {
			return value
		}
	}
	return ""
}
