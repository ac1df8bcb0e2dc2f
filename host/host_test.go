// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

var plane *controlplane.Plane

func TestMain(m *testing.M) { controlplane.Main(m, &plane, controlplane.Options{}) }

func rc(namespace, name string, replicas int32) *corev1.ReplicationController {
	labels := map[string]string{"app": name}
	return &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: corev1.ReplicationControllerSpec{Replicas: &replicas, Template: &corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
		}},
	}
}

// TestReconcilesRealObjects is the whole way: a module in a directory, a real
// API server, pods.
func TestReconcilesRealObjects(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	client := kubernetes.NewForConfigOrDie(plane.RESTConfig())
	folder := t.TempDir()
	hosttest.PlaceController(t, "replicationcontroller", folder)
	start(t, plane, folder)

	if _, err := client.CoreV1().ReplicationControllers(namespace).Create(t.Context(), rc(namespace, "web", 3), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, func() string {
		got, err := client.CoreV1().ReplicationControllers(namespace).Get(t.Context(), "web", metav1.GetOptions{})
		if err != nil || got.Status.Replicas != 3 || got.Status.ObservedGeneration != got.Generation {
			return fmt.Sprintf("status of web: got %+v (error %v), want 3 replicas", got.Status, err)
		}
		return ""
	})
	pods, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app=web"})
	if err != nil || len(pods.Items) != 3 {
		t.Fatalf("pods of web: got %d (error %v), want 3", len(pods.Items), err)
	}
}
