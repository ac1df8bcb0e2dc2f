// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package garbagecollector

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
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

// TestHostWasDown has owners that went while no collector ran; then a circle, which
// is deleted in the foreground when it is being deleted already. A group does not
// answer all the time, which stops nothing else.
func TestHostWasDown(t *testing.T) {
	plane := controlplane.Shared(t)
	before := kubernetes.NewForConfigOrDie(plane.RESTConfig())
	namespace := plane.NamespaceFor(t)
	ctx := t.Context()
	add := func(name string, finalizers []string, owners ...*corev1.ConfigMap) *corev1.ConfigMap {
		t.Helper()
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Finalizers: finalizers}}
		block := true
		for _, o := range owners {
			object.OwnerReferences = append(object.OwnerReferences, metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: o.Name, UID: o.UID, BlockOwnerDeletion: &block})
		}
		made, err := before.CoreV1().ConfigMaps(namespace).Create(ctx, object, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	remove := func(name string, policy metav1.DeletionPropagation) {
		t.Helper()
		if err := before.CoreV1().ConfigMaps(namespace).Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &policy}); err != nil {
			t.Fatal(err)
		}
	}
	left := func(want string) {
		t.Helper()
		hosttest.Eventually(t, func() string {
			list, err := before.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{})
			if err != nil {
				return err.Error()
			}
			var names []string
			for i := range list.Items {
				if o := &list.Items[i]; o.Name != "kube-root-ca.crt" {
					names = append(names, fmt.Sprintf("%s%d", o.Name, len(o.OwnerReferences)))
				}
			}
			if got := strings.Join(names, " "); got != want {
				return "left are " + got + ", want " + want
			}
			return ""
		})
	}
	gone, again, waits, stays := add("gone", nil), add("again", nil), add("waits", nil), add("stays", nil)
	add("b-of-gone", nil, gone)
	add("c-of-again", nil, again)
	add("d-of-both", nil, gone, stays)
	add("e-orphan", nil, waits)
	remove("gone", metav1.DeletePropagationBackground)
	remove("again", metav1.DeletePropagationBackground)
	add("again", nil)
	remove("waits", metav1.DeletePropagationOrphan)

	breakGroup(t, plane, namespace)
	stage.Start(t, stage.Options{Controllers: map[string]string{"garbagecollector": ""}})
	left("again0 d-of-both1 e-orphan0 stays0")

	one := add("one", []string{"example.com/hold"})
	three := add("three", nil, add("two", nil, one))
	ring := fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"three","uid":%q,"blockOwnerDeletion":true}]}}`, three.UID)
	if _, err := before.CoreV1().ConfigMaps(namespace).Patch(ctx, "one", types.MergePatchType, []byte(ring), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	remove("one", metav1.DeletePropagationBackground) // which its finalizer holds
	remove("one", metav1.DeletePropagationForeground) // while it is being deleted
	// Of the others of the circle the one that is found first to be in it may wait
	// for what holds it.
	hosttest.Eventually(t, func() string {
		held, err := before.CoreV1().ConfigMaps(namespace).Get(ctx, "one", metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		if len(held.Finalizers) != 1 {
			return fmt.Sprint("the finalizers are ", held.Finalizers, ", want the one that nobody here takes away")
		}
		return ""
	})
	if _, err := before.CoreV1().ConfigMaps(namespace).Patch(ctx, "one", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	left("again0 d-of-both1 e-orphan0 stays0")
}

// breakGroup has a group that nobody serves until the test ends.
func breakGroup(t *testing.T, plane *controlplane.Plane, namespace string) {
	t.Helper()
	services := dynamic.NewForConfigOrDie(plane.RESTConfig()).Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
	down := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": "v1.down.example.com"},
		"spec": map[string]any{
			"group": "down.example.com", "version": "v1", "groupPriorityMinimum": int64(1000), "versionPriority": int64(10),
			"service": map[string]any{"namespace": namespace, "name": "nobody"}, "insecureSkipTLSVerify": true,
		},
	}}
	if _, err := services.Create(t.Context(), down, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = services.Delete(context.WithoutCancel(t.Context()), down.GetName(), metav1.DeleteOptions{})
	})
}
