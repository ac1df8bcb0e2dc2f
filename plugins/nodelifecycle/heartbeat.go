// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"strings"
	"time"
)

// memory is what the one instance has observed. A new instance begins with
// nothing: each node is given its time anew, as after a restart.
type memory struct {
	pass      uint64               // number of the last pass over all nodes
	nodes     map[string]*known    // by name
	disrupted bool                 // in the last pass no zone had a node that is ready
	tainted   map[string]time.Time // when a node of a zone was tainted last, by zone
}

// known is a node as it was observed. Its strings are copies: what was read
// aliases the whole list.
type known struct {
	uid       string
	reported  bool      // it had a Ready condition
	heartbeat time.Time // the last one in its Ready condition
	renewed   time.Time // the last renewal of its lease
	// seen is when one of these was new the last time, by our clock: the
	// clocks of nodes may show anything.
	seen time.Time
	pass uint64 // in which it was last there
	standing
}

// standing is how a node stands in the current pass.
type standing struct {
	zone     string
	excluded bool      // from the state of its zone
	ready    string    // the status that its Ready condition has, or is to have; empty: none
	since    time.Time // when that condition changed
	lost     bool      // it has been silent for too long, and its conditions do not say so
	taint    string    // the NoExecute taint of ours that it has, empty: none or both
	both     bool      // it has both taints of ours
	added    time.Time // when the taint was added
}

// labelExclude is on nodes that do not count for the state of their zone.
const labelExclude = "node.kubernetes.io/exclude-disruption"

// observe takes note of a node and of when its lease was renewed, zero if it
// has none, and reports whether it was not known before.
func (m *memory) observe(n *Node, renewed time.Time, s *Settings, now time.Time) (isNew bool) {
	k, ready := m.nodes[n.Name], n.condition(conditionReady)
	if isNew = k == nil || k.uid != n.UID; isNew {
		k = &known{uid: strings.Clone(n.UID), seen: n.Metadata.CreationTimestamp.Time}
		m.nodes[strings.Clone(n.Name)] = k
	}
	k.pass = m.pass
	k.hear(ready, renewed, now)
	grace := s.grace
	if ready == nil {
		grace = s.startupGrace
	}
	k.stand(n, now.After(k.seen.Add(grace)))
	return isNew
}

// hear notes whether the node was heard of again. A condition or lease that is
// seen for the first time counts: nobody knows since when it has been there.
func (k *known) hear(ready *Condition, renewed, now time.Time) {
	reported, heartbeat := ready != nil, time.Time{}
	if reported {
		heartbeat = ready.LastHeartbeatTime.Time
	}
	if renewed.IsZero() {
		renewed = k.renewed // a lease that goes is no sign of life
	}
	if reported != k.reported || !heartbeat.Equal(k.heartbeat) || !renewed.Equal(k.renewed) {
		k.seen = now
	}
	k.reported, k.heartbeat, k.renewed = reported, heartbeat, renewed
}

// stand sets how the node stands now that it is silent, or is not.
func (k *known) stand(n *Node, silent bool) {
	_, excluded := n.Metadata.Labels.Lookup(labelExclude)
	k.standing = standing{zone: n.zone(), excluded: excluded}
	if c := n.condition(conditionReady); c != nil {
		k.ready, k.since = status(c.Status), c.LastTransitionTime.Time
	}
	if silent {
		k.lost = len(unknown(n, time.Time{})) > 0
		k.ready = statusUnknown
	}
	for _, t := range n.Spec.Taints {
		if ownNoExecute(t) {
			k.both = k.taint != ""
			k.taint, k.added = ownTaint(t.Key), t.TimeAdded.Time
		}
	}
}

// status and ownTaint return constants, which alias no list.
func status(text string) string {
	switch text {
	case statusTrue:
		return statusTrue
	case statusFalse:
		return statusFalse
	}
	return statusUnknown
}

func ownTaint(key string) string {
	if key == taintNotReady {
		return taintNotReady
	}
	return taintUnreachable
}
