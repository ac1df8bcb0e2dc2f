// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

var (
	definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	widgets     = schema.GroupVersionResource{Group: "operator.test", Version: "v1", Resource: "widgets"}
)

// TestCustomObjects: the controllers know resources that came a moment ago.
// What loses its owner goes, and a namespace is gone when the last object in it
// is let go of.
func TestCustomObjects(t *testing.T) {
	o := operate(t)
	o.define(widgets, "Widget")
	o.create("web", 2)
	o.must(o.configMap("settings"))
	owner := o.widget("owner", nil)
	o.widget("owned", owner)
	held := o.widget("held", nil, hold)
	o.widget("plain", nil)

	o.must(o.custom.Resource(widgets).Namespace(o.namespace).Delete(o.Context(), "owner", metav1.DeleteOptions{}))
	o.eventually(func() string {
		_, err := o.custom.Resource(widgets).Namespace(o.namespace).Get(o.Context(), "owned", metav1.GetOptions{})
		return gone("the Widget that lost its owner", err)
	})

	o.must(o.CoreV1().Namespaces().Delete(o.Context(), o.namespace, metav1.DeleteOptions{}))
	if err := o.configMap("late"); !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		o.Errorf("a ConfigMap in the namespace that is deleted: got %v, want it to be forbidden", err)
	}
	o.closing(corev1.NamespaceContentRemaining, "SomeResourcesRemain", "widgets.operator.test has 1 resource instances")
	o.closing(corev1.NamespaceFinalizersRemaining, "SomeFinalizersRemain", hold+" in 1 resource instances")
	if got := o.left(); got != "0 ReplicaSets, 0 pods" {
		o.Errorf("%s are left beside the Widget that is held", got)
	}

	_, err := o.custom.Resource(widgets).Namespace(o.namespace).Patch(o.Context(), held.GetName(), types.MergePatchType,
		[]byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	o.must(err)
	o.eventually(func() string {
		_, err := o.CoreV1().Namespaces().Get(o.Context(), o.namespace, metav1.GetOptions{})
		return gone("the namespace", err)
	})
}

// define makes a resource and waits until it is served.
func (o *operator) define(r schema.GroupVersionResource, kind string) {
	o.Helper()
	definition := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": r.Resource + "." + r.Group},
		"spec": map[string]any{
			"group": r.Group, "scope": "Namespaced",
			"names": map[string]any{"plural": r.Resource, "singular": strings.ToLower(kind), "kind": kind},
			"versions": []any{map[string]any{
				"name": r.Version, "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}}
	_, err := o.custom.Resource(definitions).Create(o.Context(), definition, metav1.CreateOptions{})
	o.must(err)
	o.eventually(func() string {
		_, err := o.custom.Resource(r).Namespace(o.namespace).List(o.Context(), metav1.ListOptions{})
		return missing(r.Resource, err)
	})
}

func (o *operator) widget(name string, owner *unstructured.Unstructured, finalizers ...string) *unstructured.Unstructured {
	o.Helper()
	w := &unstructured.Unstructured{Object: map[string]any{"apiVersion": widgets.GroupVersion().String(), "kind": "Widget"}}
	w.SetName(name)
	w.SetFinalizers(finalizers)
	if owner != nil {
		w.SetOwnerReferences([]metav1.OwnerReference{{
			APIVersion: owner.GetAPIVersion(), Kind: owner.GetKind(), Name: owner.GetName(), UID: owner.GetUID(),
		}})
	}
	w, err := o.custom.Resource(widgets).Namespace(o.namespace).Create(o.Context(), w, metav1.CreateOptions{})
	o.must(err)
	return w
}

// closing waits for a condition of the namespace, which is being deleted, to be
// true with some words.
func (o *operator) closing(kind corev1.NamespaceConditionType, reason, words string) {
	o.Helper()
	o.eventually(func() string {
		namespace, err := o.CoreV1().Namespaces().Get(o.Context(), o.namespace, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		for _, c := range namespace.Status.Conditions {
			if c.Type == kind && c.Status == corev1.ConditionTrue && c.Reason == reason && strings.Contains(c.Message, words) {
				return ""
			}
		}
		return fmt.Sprintf("the namespace has conditions %+v, want %s because of %s with %q", namespace.Status.Conditions, kind, reason, words)
	})
}
