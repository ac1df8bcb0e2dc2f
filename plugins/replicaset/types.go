// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicaset

import (
	"github.com/wasm-controller-manager/wcm/plugins/internal/replicas"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// ReplicaSet is what the plugin reads of a ReplicaSet.
type ReplicaSet struct {
	sdk.Metadata
	Spec struct {
		Replicas        *int32             `json:"replicas"`
		Selector        *sdk.LabelSelector `json:"selector"`
		MinReadySeconds int32              `json:"minReadySeconds"`
		Template        replicas.Template  `json:"template"`
	} `json:"spec"`
	Status replicas.Report `json:"status"`
}

// view returns what the ReplicaSet asks for.
func view(rs *ReplicaSet) *replicas.Owner {
	return &replicas.Owner{
		Metadata:        &rs.Metadata,
		Replicas:        rs.Spec.Replicas,
		Selector:        rs.Spec.Selector.Selector(),
		MinReadySeconds: rs.Spec.MinReadySeconds,
		Template:        &rs.Spec.Template,
		Status:          rs.Status,
	}
}
