// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"context"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// lostCondition is a condition that nobody keeps any more, as it is written.
// What is absent stays as it is.
type lostCondition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	Reason             string   `json:"reason"`
	Message            string   `json:"message"`
	LastHeartbeatTime  sdk.Time `json:"lastHeartbeatTime,omitzero"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
}

// unknown returns the conditions of a silent node that are to become Unknown:
// those that its kubelet keeps. NetworkUnavailable is somebody else's.
func unknown(n *Node, now time.Time) []lostCondition {
	var all []lostCondition
	for _, name := range []string{conditionReady, conditionMemoryPressure, conditionDiskPressure, conditionPIDPressure} {
		c := n.condition(name)
		if c != nil && c.Status == statusUnknown {
			continue
		}
		lost := lostCondition{
			Type: name, Status: statusUnknown, LastTransitionTime: sdk.NewTime(now),
			Reason: "NodeStatusUnknown", Message: "Kubelet stopped posting node status.",
		}
		if c == nil {
			lost.Reason, lost.Message = "NodeStatusNeverUpdated", "Kubelet never posted node status."
			lost.LastHeartbeatTime = n.Metadata.CreationTimestamp
		}
		all = append(all, lost)
	}
	return all
}

// markSilent writes into nodes that have been silent for too long that they
// are.
func (p *pass) markSilent(ctx context.Context) error {
	for _, name := range p.names() {
		k := p.nodes[name]
		if !k.lost {
			continue
		}
		if err := k.doubleCheck(ctx, name); err != nil {
			return err
		}
		if err := p.write(); err != nil {
			return err
		}
		if err := p.mark(ctx, name, k); err != nil {
			return err
		}
	}
	return nil
}

// doubleCheck asks the API server for the lease of a node that seems lost. If
// it has been renewed, the cache is behind, and no node of it must be judged.
func (k *known) doubleCheck(ctx context.Context, name string) error {
	lease, err := leases.Get(ctx, sdk.Key{Namespace: leaseNamespace, Name: name}, sdk.Live())
	switch {
	case err != nil:
		return sdk.IgnoreNotFound(err)
	case !lease.Spec.RenewTime.Equal(k.renewed):
		return errStale
	}
	return nil
}

// mark writes what is unknown of a node, unless it was heard of meanwhile.
func (p *pass) mark(ctx context.Context, name string, k *known) error {
	node, err := nodes.Get(ctx, sdk.Key{Name: name})
	if err != nil {
		return sdk.IgnoreNotFound(err)
	}
	ready := node.condition(conditionReady)
	if node.UID != k.uid || ready != nil && !ready.LastHeartbeatTime.Equal(k.heartbeat) {
		return nil
	}
	var change struct {
		Status struct {
			Conditions []lostCondition `json:"conditions"`
		} `json:"status"`
	}
	change.Status.Conditions = unknown(node, p.now)
	_, err = nodes.Patch(ctx, node, sdk.StrategicPatch(change), sdk.Subresource("status"), sdk.PreconditionUID(k.uid), sdk.Unchanged(node))
	if err != nil {
		return ignoreRace(ctx, name, err)
	}
	k.lost = false
	if ready != nil && ready.Status == statusTrue {
		tell(ctx, name, k.uid, "NodeNotReady", "status is now: NodeNotReady")
	}
	return nil
}
