// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"fmt"
	"testing"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	hostcluster "github.com/wasm-controller-manager/wcm/host/hosttest/cluster"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// cluster is a real API server with a host that runs this plugin and the hollow
// kubelet, both as wasm.
type cluster struct {
	kubernetes.Interface
	plane     *controlplane.Plane
	namespace string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := hostcluster.Start(t, "replicationcontroller")
	return &cluster{c.Interface, c.Plane, c.Namespace}
}

func newController(name string, replicas int32) *corev1.ReplicationController {
	return &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ReplicationControllerSpec{Replicas: &replicas, Template: &corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": name}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
		}},
	}
}

func (c *cluster) create(t *testing.T, name string, replicas int32) *corev1.ReplicationController {
	t.Helper()
	rc, err := c.CoreV1().ReplicationControllers(c.namespace).Create(t.Context(), newController(name, replicas), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return rc
}

// scale asks for a number of replicas through the scale subresource.
func (c *cluster) scale(t *testing.T, name string, replicas int32) {
	t.Helper()
	scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: autoscalingv1.ScaleSpec{Replicas: replicas}}
	if _, err := c.CoreV1().ReplicationControllers(c.namespace).UpdateScale(t.Context(), name, scale, metav1.UpdateOptions{}); err != nil {
		t.Fatalf("scale %s to %d: %v", name, replicas, err)
	}
}

// settle waits until the status reports that what is asked for is there.
func (c *cluster) settle(t *testing.T, name string) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		rc, err := c.CoreV1().ReplicationControllers(c.namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil || !reported(rc) {
			return fmt.Sprintf("status of %s: %+v for %d replicas of generation %d (error %v)", name, rc.Status, *rc.Spec.Replicas, rc.Generation, err)
		}
		return ""
	})
}

func reported(rc *corev1.ReplicationController) bool {
	return rc.Status.ObservedGeneration == rc.Generation && rc.Status.Replicas == *rc.Spec.Replicas
}
