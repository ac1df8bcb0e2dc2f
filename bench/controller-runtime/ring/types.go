// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Ring is an object of the benchmark's own resource.
type Ring struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec Spec `json:"spec,omitempty"`
}

// Spec is what a Ring says.
type Spec struct {
	Nonce string `json:"nonce,omitempty"`
}

// RingList is several Rings.
type RingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Ring `json:"items"`
}

func addToScheme(scheme *runtime.Scheme) {
	version := schema.GroupVersion{Group: "bench.example.com", Version: "v1"}
	scheme.AddKnownTypes(version, &Ring{}, &RingList{})
	metav1.AddToGroupVersion(scheme, version)
}

// DeepCopyObject returns a copy.
func (r *Ring) DeepCopyObject() runtime.Object { return r.copy() }

func (r *Ring) copy() *Ring {
	c := &Ring{TypeMeta: r.TypeMeta, Spec: r.Spec}
	r.DeepCopyInto(&c.ObjectMeta)
	return c
}

// DeepCopyObject returns a copy.
func (l *RingList) DeepCopyObject() runtime.Object {
	c := &RingList{TypeMeta: l.TypeMeta, Items: make([]Ring, len(l.Items))}
	l.ListMeta.DeepCopyInto(&c.ListMeta)
	for i := range l.Items {
		c.Items[i] = *l.Items[i].copy()
	}
	return c
}
