// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"github.com/wasm-controller-manager/wcm/plugins/internal/quantity"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// ResourceQuota is what the plugin reads of a quota.
type ResourceQuota struct {
	sdk.Metadata
	sdk.Annotations
	Spec   Spec   `json:"spec"`
	Status Status `json:"status"`
}

// Spec says what may be used by what.
type Spec struct {
	Hard          sdk.Labels `json:"hard"`
	Scopes        []string   `json:"scopes"`
	ScopeSelector struct {
		MatchExpressions []Requirement `json:"matchExpressions"`
	} `json:"scopeSelector"`
}

// Status says what is used.
type Status struct {
	Hard sdk.Labels `json:"hard,omitempty"`
	Used sdk.Labels `json:"used,omitempty"`
}

// Thing is what the plugin reads of objects that are only counted.
type Thing struct{ sdk.Header }

// Service is what the plugin reads of a service.
type Service struct {
	sdk.Header
	Spec struct {
		Type  string `json:"type"`
		Ports []struct {
			NodePort int32 `json:"nodePort"`
		} `json:"ports"`
		AllocateLoadBalancerNodePorts *bool `json:"allocateLoadBalancerNodePorts"`
	} `json:"spec"`
}

func (s *Service) loadBalancers() uint64 {
	if s.Spec.Type == "LoadBalancer" {
		return 1
	}
	return 0
}

// nodePorts counts the node ports that the service has, or will have.
func (s *Service) nodePorts() uint64 {
	allocate := s.Spec.AllocateLoadBalancerNodePorts
	switch {
	case s.Spec.Type != "NodePort" && s.Spec.Type != "LoadBalancer":
		return 0
	case s.Spec.Type == "NodePort" || allocate == nil || *allocate:
		return uint64(len(s.Spec.Ports))
	}
	var count uint64
	for i := range s.Spec.Ports {
		if s.Spec.Ports[i].NodePort != 0 {
			count++
		}
	}
	return count
}

// Claim is what the plugin reads of a PersistentVolumeClaim.
type Claim struct {
	sdk.Header
	Own struct {
		Annotations struct {
			Class *string `json:"volume.beta.kubernetes.io/storage-class"`
		} `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		StorageClassName          string `json:"storageClassName"`
		VolumeAttributesClassName string `json:"volumeAttributesClassName"`
		Resources                 struct {
			Requests sdk.Labels `json:"requests"`
		} `json:"resources"`
	} `json:"spec"`
	Status struct {
		AllocatedResources               sdk.Labels `json:"allocatedResources"`
		CurrentVolumeAttributesClassName string     `json:"currentVolumeAttributesClassName"`
		ModifyVolumeStatus               struct {
			TargetVolumeAttributesClassName string `json:"targetVolumeAttributesClassName"`
		} `json:"modifyVolumeStatus"`
	} `json:"status"`
}

// class returns the storage class; the annotation is older than the field, and
// goes before it.
func (c *Claim) class() string {
	if class := c.Own.Annotations.Class; class != nil {
		return *class
	}
	return c.Spec.StorageClassName
}

// storage returns what the claim requests, or was given if that is more, in
// whole bytes.
func (c *Claim) storage() quantity.Quantity {
	text, requested := c.Spec.Resources.Requests.Lookup("storage")
	if !requested {
		return quantity.Quantity{}
	}
	q := quantity.Parse(text).Ceil()
	if allocated := quantity.Parse(c.Status.AllocatedResources.Get("storage")).Ceil(); allocated.Cmp(q) > 0 {
		return allocated
	}
	return q
}

// attributes returns the classes of attributes that the claim has, wants or is
// given; some are empty.
func (c *Claim) attributes() [3]string {
	return [3]string{
		c.Spec.VolumeAttributesClassName, c.Status.CurrentVolumeAttributesClassName,
		c.Status.ModifyVolumeStatus.TargetVolumeAttributesClassName,
	}
}

// update is a quota as it is written: all but the spec, which the API server
// keeps.
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
	Status Status `json:"status"`
}

func (q *ResourceQuota) update(status Status) update {
	u := update{APIVersion: "v1", Kind: "ResourceQuota", Status: status}
	u.Metadata.Name = q.Name
	u.Metadata.Labels = q.Labels
	u.Metadata.Annotations = q.Annotations.Annotations
	u.Metadata.Finalizers = q.Finalizers
	u.Metadata.OwnerReferences = q.OwnerReferences
	return u
}
