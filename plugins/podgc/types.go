// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package podgc

import "github.com/wasm-controller-manager/wcm/sdk"

// Pod is what the plugin reads of a pod.
type Pod struct {
	sdk.Header
	Own struct {
		Generation                 int64    `json:"generation"`
		CreationTimestamp          sdk.Time `json:"creationTimestamp"`
		DeletionTimestamp          sdk.Time `json:"deletionTimestamp"`
		DeletionGracePeriodSeconds *int64   `json:"deletionGracePeriodSeconds"`
	} `json:"metadata"`
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
	Status struct {
		Phase      string  `json:"phase"`
		Reason     string  `json:"reason"`
		Conditions []State `json:"conditions"`
	} `json:"status"`
}

// Node is what the plugin reads of a node.
type Node struct {
	sdk.Header
	Spec struct {
		Taints []struct {
			Key string `json:"key"`
		} `json:"taints"`
	} `json:"spec"`
	Status struct {
		Conditions []State `json:"conditions"`
	} `json:"status"`
}

// State is what the plugin reads of a condition.
type State struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

// The phases of a pod that has ended.
const (
	phaseSucceeded = "Succeeded"
	phaseFailed    = "Failed"
)

// ended reports whether the containers of the pod have terminated for good.
func (p *Pod) ended() bool { return p.Status.Phase == phaseSucceeded || p.Status.Phase == phaseFailed }

func (p *Pod) deleting() bool { return !p.Own.DeletionTimestamp.IsZero() }

// forced reports whether the pod has been deleted without a grace period and
// has ended: only finalizers hold it, and a delete would do nothing.
func (p *Pod) forced() bool {
	grace := p.Own.DeletionGracePeriodSeconds
	return p.deleting() && p.ended() && (grace == nil || *grace == 0)
}

// isTrue reports whether the condition is there and true.
func isTrue(conditions []State, condition string) bool {
	for _, c := range conditions {
		if c.Type == condition {
			return c.Status == "True"
		}
	}
	return false
}

// outOfService reports whether people have declared that the node, which is
// not ready, will not come back: then its pods have ended.
func (n *Node) outOfService() bool {
	for _, taint := range n.Spec.Taints {
		if taint.Key == "node.kubernetes.io/out-of-service" {
			return !isTrue(n.Status.Conditions, "Ready")
		}
	}
	return false
}
