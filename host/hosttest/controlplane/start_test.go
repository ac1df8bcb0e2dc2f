// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane_test

import (
	"net/url"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// start starts a plane that ends with the test, in a temporary directory of
// its own, which it returns.
func start(t *testing.T, o controlplane.Options) (*controlplane.Plane, string) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	p, err := controlplane.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, p) })
	return p, temp
}

func stop(t *testing.T, p *controlplane.Plane) {
	t.Helper()
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

func address(t *testing.T, p *controlplane.Plane) string {
	t.Helper()
	u, err := url.Parse(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func createPod(t *testing.T, client kubernetes.Interface, namespace string) *corev1.Pod {
	t.Helper()
	pod, err := client.CoreV1().Pods(namespace).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "pod"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "none"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

// checkPod checks that the pod is still the one that was created.
func checkPod(t *testing.T, client kubernetes.Interface, want *corev1.Pod) {
	t.Helper()
	got, err := client.CoreV1().Pods(want.Namespace).Get(t.Context(), want.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got.UID != want.UID || got.ResourceVersion != want.ResourceVersion {
		t.Errorf("pod is %s at %s, want %s at %s", got.UID, got.ResourceVersion, want.UID, want.ResourceVersion)
	}
}
