// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import "github.com/wasm-controller-manager/wcm/sdk"

// Pod is what the plugin reads of a pod.
type Pod struct {
	sdk.Metadata
	Spec struct {
		NodeName        string       `json:"nodeName"`
		SchedulerName   string       `json:"schedulerName"`
		SchedulingGates []Gate       `json:"schedulingGates"`
		Priority        int32        `json:"priority"`
		NodeSelector    sdk.Labels   `json:"nodeSelector"`
		Affinity        *Affinity    `json:"affinity"`
		Tolerations     []Toleration `json:"tolerations"`
		Spread          []Spread     `json:"topologySpreadConstraints"`
		Containers      []Container  `json:"containers"`
		InitContainers  []Container  `json:"initContainers"`
		Overhead        sdk.Labels   `json:"overhead"`
		Resources       Requirements `json:"resources"`
	} `json:"spec"`
	Status struct {
		Phase      string      `json:"phase"`
		Conditions []Condition `json:"conditions"`
	} `json:"status"`
}

// ended reports whether the pod takes no room any more.
func (p *Pod) ended() bool { return p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed" }

// Gate keeps a pod from being scheduled.
type Gate struct {
	Name string `json:"name"`
}

// Container is what the plugin reads of a container.
type Container struct {
	RestartPolicy string       `json:"restartPolicy"` // Always: an init container that is a sidecar
	Resources     Requirements `json:"resources"`
	Ports         []Port       `json:"ports"`
}

// Requirements are what a container asks for, quantities by resource.
type Requirements struct {
	Requests sdk.Labels `json:"requests"`
}

// Port is a port of a container; of the node as well, if HostPort is not 0.
type Port struct {
	HostPort int32  `json:"hostPort"`
	HostIP   string `json:"hostIP"`
	Protocol string `json:"protocol"`
}

// Affinity says near to what a pod wants to be.
type Affinity struct {
	Node *NodeAffinity `json:"nodeAffinity"`
	Pod  *PodAffinity  `json:"podAffinity"`
	Anti *PodAffinity  `json:"podAntiAffinity"`
}

// NodeAffinity says on which nodes a pod wants to be.
type NodeAffinity struct {
	Required *struct {
		Terms []NodeTerm `json:"nodeSelectorTerms"`
	} `json:"requiredDuringSchedulingIgnoredDuringExecution"`
	Preferred []struct {
		Weight     int32    `json:"weight"`
		Preference NodeTerm `json:"preference"`
	} `json:"preferredDuringSchedulingIgnoredDuringExecution"`
}

// NodeTerm selects nodes; all of its requirements must hold.
type NodeTerm struct {
	Expressions []NodeRequirement `json:"matchExpressions"`
	Fields      []NodeRequirement `json:"matchFields"`
}

// NodeRequirement is a condition on a label or a field of a node.
type NodeRequirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

// PodAffinity says near to which pods, or far from which, a pod wants to be.
type PodAffinity struct {
	Required  []PodTerm `json:"requiredDuringSchedulingIgnoredDuringExecution"`
	Preferred []struct {
		Weight int32   `json:"weight"`
		Term   PodTerm `json:"podAffinityTerm"`
	} `json:"preferredDuringSchedulingIgnoredDuringExecution"`
}

// PodTerm selects pods, and says what counts as near.
type PodTerm struct {
	Selector          *sdk.LabelSelector `json:"labelSelector"`
	Namespaces        []string           `json:"namespaces"`
	NamespaceSelector *sdk.LabelSelector `json:"namespaceSelector"`
	TopologyKey       string             `json:"topologyKey"`
}

// Toleration lets a pod run on nodes with a taint.
type Toleration struct {
	Key      string `json:"key"`
	Operator string `json:"operator"`
	Value    string `json:"value"`
	Effect   string `json:"effect"`
}

// Spread is a topology spread constraint.
type Spread struct {
	MaxSkew           int32              `json:"maxSkew"`
	TopologyKey       string             `json:"topologyKey"`
	WhenUnsatisfiable string             `json:"whenUnsatisfiable"`
	Selector          *sdk.LabelSelector `json:"labelSelector"`
	MinDomains        int32              `json:"minDomains"`
	AffinityPolicy    string             `json:"nodeAffinityPolicy"`
	TaintsPolicy      string             `json:"nodeTaintsPolicy"`
}

// Condition is a condition of a pod.
type Condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
	Reason             string   `json:"reason"`
	Message            string   `json:"message"`
}

// Node is what the plugin reads of a node.
type Node struct {
	sdk.Metadata
	Spec struct {
		Unschedulable bool    `json:"unschedulable"`
		Taints        []Taint `json:"taints"`
	} `json:"spec"`
	Status struct {
		Allocatable sdk.Labels `json:"allocatable"`
	} `json:"status"`
}

// Taint keeps pods away from a node.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Effect string `json:"effect"`
}

// Namespace is what the plugin reads of a namespace.
type Namespace struct{ sdk.Metadata }
