// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"reflect"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// Key names an object of a resource.
type Key struct {
	Namespace string // empty for cluster-scoped objects
	Name      string
}

// String returns "namespace/name", or the one of both that there is.
func (k Key) String() string {
	if k.Namespace == "" || k.Name == "" {
		return k.Namespace + k.Name
	}
	return k.Namespace + "/" + k.Name
}

func (k Key) header() Header { return Header{Namespace: k.Namespace, Name: k.Name} }

// Header identifies an object. Every record starts with it, so that it costs
// nothing to read. A type that needs no other metadata embeds it instead of
// [Metadata].
type Header struct {
	Namespace string `json:"namespace,omitempty" wcm:"write"`
	Name      string `json:"name,omitempty" wcm:"write"`
	UID       string `json:"uid,omitempty" wcm:"write"`
	// ResourceVersion is the version of the object that was read. A change
	// of it alone wakes no controller.
	ResourceVersion uint64 `json:"resourceVersion,omitempty,string" wcm:"write"`
}

// Key returns the object's namespace and name.
func (h Header) Key() Key { return Key{Namespace: h.Namespace, Name: h.Name} }

func (h Header) header() Header { return h }

// Metadata is the metadata that most controllers read. Embed it without a
// tag. Annotations are not part of it, because they change often and mean
// nothing to most controllers: embed [Annotations] too, or declare the ones
// you read in a field tagged json:"metadata".
type Metadata struct {
	Header
	GenerateName      string           `json:"generateName,omitempty" wcm:"write"` // written, never read
	Generation        int64            `json:"generation,omitempty"`
	Labels            Labels           `json:"labels,omitempty"`
	CreationTimestamp Time             `json:"creationTimestamp,omitempty"`
	DeletionTimestamp Time             `json:"deletionTimestamp,omitempty"`
	Finalizers        []string         `json:"finalizers,omitempty"`
	OwnerReferences   []OwnerReference `json:"ownerReferences,omitempty"`
}

// Deleting reports whether the object is being deleted.
func (m *Metadata) Deleting() bool { return !m.DeletionTimestamp.IsZero() }

// ControllerOwner returns the reference to the owner that controls the object,
// nil if none does. It points into m.
func (m *Metadata) ControllerOwner() *OwnerReference {
	for i := range m.OwnerReferences {
		if m.OwnerReferences[i].Controller {
			return &m.OwnerReferences[i]
		}
	}
	return nil
}

// ControlledBy reports whether owner is the controller owner of the object.
func (m *Metadata) ControlledBy(owner Object) bool {
	controller := m.ControllerOwner()
	return controller != nil && controller.UID == owner.header().UID
}

// HasFinalizer reports whether the object has the finalizer.
func (m *Metadata) HasFinalizer(name string) bool {
	return slices.Contains(m.Finalizers, name)
}

// Annotations adds all annotations to a type. Embed it beside [Metadata].
type Annotations struct {
	Annotations Labels `json:"annotations,omitempty"`
}

// OwnerReference names an owner of an object, in the object's namespace or
// cluster-scoped.
type OwnerReference struct {
	APIVersion         string `json:"apiVersion"`
	Kind               string `json:"kind"`
	Name               string `json:"name"`
	UID                string `json:"uid"`
	Controller         bool   `json:"controller,omitempty"`
	BlockOwnerDeletion bool   `json:"blockOwnerDeletion,omitempty"`
}

// ControllerRef returns the reference that makes owner, an object of the
// resource, the controller owner of another object.
func ControllerRef(owner Object, resource AnyResource) OwnerReference {
	ref, h := resource.declared(), owner.header()
	return OwnerReference{
		APIVersion: ref.APIVersion(), Kind: ref.Kind,
		Name: h.Name, UID: h.UID,
		Controller: true, BlockOwnerDeletion: true,
	}
}

// Object is a struct that embeds [Header] or [Metadata], or a pointer to one.
type Object interface {
	Target
	Key() Key
}

// Target names the object of a write: a [Key], a [Request], or an [Object].
type Target interface{ header() Header }

func init() {
	plan.RegisterEmbedding(reflect.TypeFor[Header](), "metadata")
	plan.RegisterEmbedding(reflect.TypeFor[Metadata](), "metadata")
	plan.RegisterEmbedding(reflect.TypeFor[Annotations](), "metadata")
}
