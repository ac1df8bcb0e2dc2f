// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"github.com/wasm-controller-manager/wcm/plugins/internal/replicas"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// ReplicationController is what the plugin reads of a replication controller.
type ReplicationController struct {
	sdk.Metadata
	Spec struct {
		Replicas        *int32            `json:"replicas"`
		Selector        sdk.Labels        `json:"selector"`
		MinReadySeconds int32             `json:"minReadySeconds"`
		Template        replicas.Template `json:"template"`
	} `json:"spec"`
	Status replicas.Status `json:"status"`
}

// selector returns the labels that the pods have, by default the template's.
func (rc *ReplicationController) selector() sdk.Labels {
	if len(rc.Spec.Selector) == 0 {
		return rc.Spec.Template.Metadata.Labels
	}
	return rc.Spec.Selector
}

// view returns what the replication controller asks for.
func view(rc *ReplicationController) *replicas.Owner {
	return &replicas.Owner{
		Metadata:        &rc.Metadata,
		Replicas:        rc.Spec.Replicas,
		Selector:        sdk.SelectorOf(rc.selector()),
		MinReadySeconds: rc.Spec.MinReadySeconds,
		Template:        &rc.Spec.Template,
		Status:          replicas.Report{Status: rc.Status},
	}
}
