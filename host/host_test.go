// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

var plane *controlplane.Plane

func TestMain(m *testing.M) { controlplane.Main(m, &plane, controlplane.Options{}) }

// alwaysLeader leads from the first moment to the last.
type alwaysLeader struct{}

func (alwaysLeader) CanWrite() error { return nil }
func (alwaysLeader) Run(ctx context.Context, lead func(context.Context) error) error {
	return lead(ctx)
}

// start runs a host on a plugin directory until the test ends.
func start(t *testing.T, folder string) *host.Host {
	t.Helper()
	registry := prometheus.NewRegistry()
	h, err := host.New(host.Options{
		Config: plane.RESTConfig(), PluginDir: folder, Leadership: alwaysLeader{},
		LeaseNamespace: metav1.NamespaceSystem, LeaseName: "wasm-controller-manager",
		Registerer: registry, Metrics: metric.New(registry),
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }() // ends by stop; the cleanup waits
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: got error %v after its context ended, want nil", err)
		}
	})
	return h
}

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
	hosttest.BuildPlugin(t, "plugins/replicationcontroller", filepath.Join(folder, "replicationcontroller.wasm"))
	start(t, folder)

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
