// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package garbagecollector

import (
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
)

var (
	definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	burrows     = schema.GroupVersionResource{Group: "gc.example.com", Version: "v1", Resource: "burrows"}
)

const definition = `{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"burrows.gc.example.com"},
	"spec":{"group":"gc.example.com","scope":"Namespaced","names":{"plural":"burrows","singular":"burrow","kind":"Burrow"},"versions":[
		{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]}}`

// TestCustomResource has objects owned by custom resources whose definition comes
// while the collector works, and goes.
func TestCustomResource(t *testing.T) {
	c := stage.Start(t, stage.Options{Controllers: map[string]string{"garbagecollector": ""}})
	client := dynamic.NewForConfigOrDie(c.Plane.RESTConfig())
	ctx := t.Context()
	var crd unstructured.Unstructured
	if err := json.Unmarshal([]byte(definition), &crd.Object); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Resource(definitions).Create(ctx, &crd, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Resource(definitions).Delete(t.Context(), crd.GetName(), metav1.DeleteOptions{}) })

	names := []string{"one", "two", "three"}
	owners := map[string]metav1.OwnerReference{}
	for _, name := range names {
		hosttest.Eventually(t, func() string {
			burrow := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "gc.example.com/v1", "kind": "Burrow", "metadata": map[string]any{"name": name}}}
			made, err := client.Resource(burrows).Namespace(c.Namespace).Create(ctx, burrow, metav1.CreateOptions{})
			if err != nil {
				return err.Error() // not served yet
			}
			block := true
			owners[name] = metav1.OwnerReference{APIVersion: "gc.example.com/v1", Kind: "Burrow", Name: name, UID: made.GetUID(), BlockOwnerDeletion: &block}
			return ""
		})
		rabbit := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{owners[name]}}}
		made, err := c.CoreV1().ConfigMaps(c.Namespace).Create(ctx, rabbit, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		fur := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: name, UID: made.UID}
		if _, err := c.CoreV1().Secrets(c.Namespace).Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{fur}}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(name string, policy metav1.DeletionPropagation) {
		t.Helper()
		if err := client.Resource(burrows).Namespace(c.Namespace).Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &policy}); err != nil {
			t.Fatal(err)
		}
	}
	gone := func(name string) {
		t.Helper()
		hosttest.Eventually(t, func() string {
			_, burrowErr := client.Resource(burrows).Namespace(c.Namespace).Get(ctx, name, metav1.GetOptions{})
			_, mapErr := c.CoreV1().ConfigMaps(c.Namespace).Get(ctx, name, metav1.GetOptions{})
			_, secretErr := c.CoreV1().Secrets(c.Namespace).Get(ctx, name, metav1.GetOptions{})
			for what, err := range map[string]error{"Burrow": burrowErr, "ConfigMap": mapErr, "Secret": secretErr} {
				if !apierrors.IsNotFound(err) {
					return what + " " + name + " is still there"
				}
			}
			return ""
		})
	}
	remove("one", metav1.DeletePropagationForeground)
	gone("one")

	remove("two", metav1.DeletePropagationOrphan)
	hosttest.Eventually(t, func() string {
		_, err := client.Resource(burrows).Namespace(c.Namespace).Get(ctx, "two", metav1.GetOptions{})
		if !apierrors.IsNotFound(err) {
			return "the owner that orphans is still there"
		}
		rabbit, err := c.CoreV1().ConfigMaps(c.Namespace).Get(ctx, "two", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(rabbit.OwnerReferences) > 0 {
			return "the orphan still has an owner"
		}
		return ""
	})

	if err := client.Resource(definitions).Delete(ctx, crd.GetName(), metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	gone("three")
	if _, err := c.CoreV1().Secrets(c.Namespace).Get(ctx, "two", metav1.GetOptions{}); err != nil {
		t.Errorf("what the orphan owns: %v, want it to stay", err)
	}
}
