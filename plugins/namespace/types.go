// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// kubernetesFinalizer stands in spec.finalizers as long as a namespace may have
// content.
const kubernetesFinalizer = "kubernetes"

// Namespace is a namespace, all of it but the fields that only the API server
// writes: its subresources are updated, which replaces the object's metadata.
type Namespace struct {
	sdk.Metadata
	sdk.Annotations
	Spec   Spec   `json:"spec"`
	Status Status `json:"status"`
}

// Spec is the spec of a namespace.
type Spec struct {
	Finalizers []string `json:"finalizers"`
}

// Status is the status of a namespace.
type Status struct {
	Phase      string      `json:"phase"`
	Conditions []Condition `json:"conditions,omitempty"`
}

// Condition is one condition of a namespace.
type Condition struct {
	Type               string   `json:"type"`
	Status             string   `json:"status"`
	LastTransitionTime sdk.Time `json:"lastTransitionTime"`
	Reason             string   `json:"reason,omitempty"`
	Message            string   `json:"message,omitempty"`
}

// Thing is what is read of any object in a namespace.
type Thing struct {
	sdk.Header
	Own struct {
		DeletionTimestamp sdk.Time `json:"deletionTimestamp"`
		Finalizers        []string `json:"finalizers"`
	} `json:"metadata"`
}

// update is a namespace as it is written.
type update struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name            string               `json:"name"`
		Labels          sdk.Labels           `json:"labels,omitempty"`
		Annotations     sdk.Labels           `json:"annotations,omitempty"`
		Finalizers      []string             `json:"finalizers,omitempty"`
		OwnerReferences []sdk.OwnerReference `json:"ownerReferences,omitempty"`
	} `json:"metadata"`
	Spec   Spec   `json:"spec"`
	Status Status `json:"status"`
}

func (n *Namespace) update() update {
	u := update{APIVersion: "v1", Kind: "Namespace", Spec: n.Spec, Status: n.Status}
	u.Metadata.Name = n.Name
	u.Metadata.Labels = n.Labels
	u.Metadata.Annotations = n.Annotations.Annotations
	u.Metadata.Finalizers = n.Finalizers
	u.Metadata.OwnerReferences = n.OwnerReferences
	return u
}

// closes reports whether the namespace is being deleted and still ours to
// empty.
func (n *Namespace) closes() bool {
	return n.Deleting() && slices.Contains(n.Spec.Finalizers, kubernetesFinalizer)
}
