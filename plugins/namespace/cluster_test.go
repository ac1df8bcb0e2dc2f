// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
)

const certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

// TestLifeOfNamespace follows a namespace on a real API server, from what the
// controllers put into it to its end, which two finalizers hold up. Meanwhile
// the pod garbage collector has something to do elsewhere.
func TestLifeOfNamespace(t *testing.T) {
	c := stage.Start(t, stage.Options{Controllers: map[string]string{
		"namespace": "", "serviceaccount": "",
		"rootcacert": fmt.Sprintf("settings: {rootCA: %q}", certificate),
		"podgc":      "settings: {terminatedPodGCThreshold: 1}",
	}})
	for _, name := range []string{"done-1", "done-2", "done-3"} {
		endPod(t, c, newPod(t, c, name, ""))
	}
	newPod(t, c, "orphan", "no-such-node")
	lamps := serveLamps(t, c)
	namespace, err := c.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "life-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	opens(t, c, namespace.Name)
	fill(t, c, lamps, namespace.Name)
	if err := c.CoreV1().Namespaces().Delete(t.Context(), namespace.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	closes(t, c, lamps, namespace.Name)
	hosttest.Eventually(t, func() string {
		left, err := c.CoreV1().Pods(c.Namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil || len(left.Items) != 1 || left.Items[0].Name != "done-3" {
			return fmt.Sprintf("%d pods (error %v), want the terminated one that the threshold allows", len(left.Items), err)
		}
		return ""
	})
}

// opens waits for what every namespace has, also after somebody broke it.
func opens(t *testing.T, c *stage.Stage, namespace string) {
	t.Helper()
	configMaps := c.CoreV1().ConfigMaps(namespace)
	complete := func() string {
		if _, err := c.CoreV1().ServiceAccounts(namespace).Get(t.Context(), "default", metav1.GetOptions{}); err != nil {
			return err.Error()
		}
		published, err := configMaps.Get(t.Context(), "kube-root-ca.crt", metav1.GetOptions{})
		if err != nil || published.Data["ca.crt"] != certificate {
			return fmt.Sprintf("kube-root-ca.crt has %v (error %v)", published.Data, err)
		}
		return ""
	}
	hosttest.Eventually(t, complete)
	if _, err := configMaps.Patch(t.Context(), "kube-root-ca.crt", types.MergePatchType, []byte(`{"data":{"ca.crt":""}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, complete)
	if err := configMaps.Delete(t.Context(), "kube-root-ca.crt", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := c.CoreV1().ServiceAccounts(namespace).Delete(t.Context(), "default", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, complete)
}

// fill puts a pod and custom objects into the namespace, of which finalizers
// hold some.
func fill(t *testing.T, c *stage.Stage, lamps dynamic.NamespaceableResourceInterface, namespace string) {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"example.com/pod"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
	}
	if _, err := c.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, finalizers := range map[string][]any{"held": {"example.com/lamp"}, "free": nil} {
		lamp := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "life.example.com/v1", "kind": "Lamp", "metadata": map[string]any{"name": name, "finalizers": finalizers},
		}}
		hosttest.Eventually(t, func() string { // it may not be served yet
			if _, err := lamps.Namespace(namespace).Create(t.Context(), lamp, metav1.CreateOptions{}); err != nil {
				return err.Error()
			}
			return ""
		})
	}
}

// closes removes one finalizer after the other from a namespace that is being
// deleted, each when the conditions name it.
func closes(t *testing.T, c *stage.Stage, lamps dynamic.NamespaceableResourceInterface, namespace string) {
	t.Helper()
	release := []byte(`{"metadata":{"finalizers":null}}`)
	waits(t, c, namespace, "pods. has 1 resource instances", "example.com/pod in 1 resource instances")
	if _, err := c.CoreV1().ConfigMaps(namespace).Get(t.Context(), "kube-root-ca.crt", metav1.GetOptions{}); err != nil {
		t.Errorf("ConfigMap while there are pods: %v, want it to stay", err)
	}
	if _, err := c.CoreV1().Pods(namespace).Patch(t.Context(), "held", types.MergePatchType, release, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	waits(t, c, namespace, "lamps.life.example.com has 1 resource instances", "example.com/lamp in 1 resource instances")
	if _, err := lamps.Namespace(namespace).Get(t.Context(), "free", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("lamp without finalizer: got error %v, want that it is gone", err)
	}
	if _, err := lamps.Namespace(namespace).Patch(t.Context(), "held", types.MergePatchType, release, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, func() string {
		left, err := c.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
		if !apierrors.IsNotFound(err) {
			return fmt.Sprintf("namespace is there: %+v (error %v)", left.Status, err)
		}
		return ""
	})
}

// waits returns when there are conditions that say what remains and which finalizer holds it,
// and no more than that.
func waits(t *testing.T, c *stage.Stage, namespace, content, finalizer string) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		n, err := c.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		found := 0
		for _, condition := range n.Status.Conditions {
			switch {
			case condition.Type == corev1.NamespaceContentRemaining && strings.HasSuffix(condition.Message, "remaining: "+content),
				condition.Type == corev1.NamespaceFinalizersRemaining && strings.HasSuffix(condition.Message, "remaining: "+finalizer),
				condition.Status == corev1.ConditionFalse && condition.Type != corev1.NamespaceContentRemaining && condition.Type != corev1.NamespaceFinalizersRemaining:
				found++
			}
		}
		if found != 5 {
			return fmt.Sprintf("conditions: %+v, want %q and %q", n.Status.Conditions, content, finalizer)
		}
		return ""
	})
}

// serveLamps serves a namespaced custom resource until the test ends.
func serveLamps(t *testing.T, c *stage.Stage) dynamic.NamespaceableResourceInterface {
	t.Helper()
	definition := &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "lamps.life.example.com"},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: "life.example.com", Scope: apiextensionsv1.NamespaceScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: "lamps", Kind: "Lamp"},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: "v1", Served: true, Storage: true,
				Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object"}},
			}},
		},
	}
	definitions := apiextensions.NewForConfigOrDie(c.Plane.RESTConfig()).ApiextensionsV1().CustomResourceDefinitions()
	if _, err := definitions.Create(t.Context(), definition, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return dynamic.NewForConfigOrDie(c.Plane.RESTConfig()).
		Resource(schema.GroupVersionResource{Group: "life.example.com", Version: "v1", Resource: "lamps"})
}

// newPod makes a pod that is bound to a node, or to none.
func newPod(t *testing.T, c *stage.Stage, name, node string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
	}
	pod, err := c.CoreV1().Pods(c.Namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

// endPod says that the pod has failed.
func endPod(t *testing.T, c *stage.Stage, pod *corev1.Pod) {
	t.Helper()
	_, err := c.CoreV1().Pods(c.Namespace).Patch(t.Context(), pod.Name, types.MergePatchType, []byte(`{"status":{"phase":"Failed"}}`), metav1.PatchOptions{}, "status")
	if err != nil {
		t.Fatal(err)
	}
}

// TestHardNamespace has a namespace of more than a page, where something waits for
// what it owns although nobody collects garbage, and of which it is not known for a
// while what it may have.
func TestHardNamespace(t *testing.T) {
	c := stage.Start(t, stage.Options{Controllers: map[string]string{"namespace": ""}})
	ctx := t.Context()
	namespace, err := c.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "hard-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	configMaps := c.CoreV1().ConfigMaps(namespace.Name)
	for i := range page + 1 {
		if _, err := configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("c%d", i)}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	foreground := metav1.DeletePropagationForeground
	if err := configMaps.Delete(ctx, "c0", metav1.DeleteOptions{PropagationPolicy: &foreground}); err != nil {
		t.Fatal(err)
	}
	services := dynamic.NewForConfigOrDie(c.Plane.RESTConfig()).Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
	down := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": "v1.down.example.com"},
		"spec": map[string]any{
			"group": "down.example.com", "version": "v1", "groupPriorityMinimum": int64(1000), "versionPriority": int64(10),
			"service": map[string]any{"namespace": c.Namespace, "name": "nobody"}, "insecureSkipTLSVerify": true,
		},
	}}
	if _, err := services.Create(ctx, down, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Delete(context.WithoutCancel(ctx), down.GetName(), metav1.DeleteOptions{}) })
	if err := c.CoreV1().Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, func() string {
		left, err := configMaps.List(ctx, metav1.ListOptions{})
		if err != nil || len(left.Items) > 0 {
			return fmt.Sprintf("%d ConfigMaps are left (error %v)", len(left.Items), err)
		}
		n, err := c.CoreV1().Namespaces().Get(ctx, namespace.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatalf("the namespace: %v, want it to stay while a group is not known", err)
		}
		for _, condition := range n.Status.Conditions {
			if condition.Type == corev1.NamespaceDeletionDiscoveryFailure && condition.Status == corev1.ConditionTrue && strings.Contains(condition.Message, "1 failing: ") && strings.Contains(condition.Message, "down.example.com/v1") {
				return ""
			}
		}
		return fmt.Sprintf("conditions: %+v, want one of a failed discovery", n.Status.Conditions)
	})
	if _, err := configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "late"}}, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("create in a namespace that is being deleted: error %v, want forbidden", err)
	}
	if err := services.Delete(ctx, down.GetName(), metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, func() string {
		if left, err := c.CoreV1().Namespaces().Get(ctx, namespace.Name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Sprintf("namespace is there: %+v (error %v)", left.Status, err)
		}
		return ""
	})
}
