// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package history records every version of the objects of a cluster that own
// others or are owned, in the order of their revisions, and judges whether
// somebody was ever given more than it had asked for. It writes nothing.
//
// The rule is one for pods and for ReplicaSets. An object weighs on its
// controller: a pod weighs 1, a ReplicaSet the replicas that it asks for, and
// what is being deleted or has ended weighs nothing. Whenever an object appears
// or grows heavier, all that weigh on its controller may weigh together, itself
// included, what the controller allows: a ReplicaSet and a ReplicationController
// their replicas, a Deployment its replicas and its surge. What the controller
// allows is the largest number in those versions of its spec that were, at that
// moment, the last one reported as observed in its status, or younger: a change
// of the spec may not have been seen yet, but nothing may be done for a spec that
// is older than one that was reported. Adoption is no growth, but what was
// adopted weighs.
//
// Besides, no Deployment may get a second ReplicaSet for a template.
package history

import "k8s.io/apimachinery/pkg/types"

// Kind is the kind of an object.
type Kind string

// The kinds that are recorded.
const (
	Pod                   Kind = "Pod"
	ReplicaSet            Kind = "ReplicaSet"
	ReplicationController Kind = "ReplicationController"
	Deployment            Kind = "Deployment"
)

// Object is one version of an object, as far as it matters.
type Object struct {
	Key   string // namespace/name
	UID   types.UID
	Owner types.UID // its controller; empty: none

	// Weight is what it weighs on its controller.
	Weight int

	// Template tells the templates of one controller's ReplicaSets apart. Empty:
	// not a ReplicaSet, or one that is being deleted.
	Template string

	// Limit is what may weigh on it, by its spec of this generation; Observed is
	// the generation that its status reports. A pod has neither.
	Limit                int
	Generation, Observed int64
}

// Entry is what was learned at once.
type Entry struct {
	Kind     Kind
	Revision int64 // of the whole cluster

	// Objects are the one that has changed or, if All is set, all of the kind.
	Objects []Object

	// Gone says that the one object was removed.
	Gone bool

	// All says that a watch was interrupted after the revision Since, and that
	// everything was listed anew: what is missing was removed, and the order of
	// what happened in between is not known.
	All   bool
	Since int64
}
