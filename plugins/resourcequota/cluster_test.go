// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
)

// TestQuota has a real API server refuse what is beyond a quota, and admit it
// when there is room again.
func TestQuota(t *testing.T) {
	c := stage.Start(t, stage.Options{Controllers: map[string]string{"resourcequota": ""}})
	ctx := t.Context()
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "q"}, Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
		"pods": resource.MustParse("2"), "requests.cpu": resource.MustParse("1"), "count/deployments.apps": resource.MustParse("1"),
		"gold.deviceclass.resource.k8s.io/devices": resource.MustParse("2"),
	}}}
	if _, err := c.CoreV1().ResourceQuotas(c.Namespace).Create(ctx, quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod := func(name, cpu string) error {
		_, err := c.CoreV1().Pods(c.Namespace).Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{
				Name: "c", Image: "nginx", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": resource.MustParse(cpu)}},
			}}},
		}, metav1.CreateOptions{})
		return err
	}
	deployment := func(name string) error {
		labels := map[string]string{"app": name}
		_, err := c.AppsV1().Deployments(c.Namespace).Create(ctx, &appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
			}},
		}, metav1.CreateOptions{})
		return err
	}
	devices := func(name string, count int64) error {
		_, err := c.ResourceV1().ResourceClaims(c.Namespace).Create(ctx, &resourcev1.ResourceClaim{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: resourcev1.ResourceClaimSpec{Devices: resourcev1.DeviceClaim{Requests: []resourcev1.DeviceRequest{{
				Name: "r", Exactly: &resourcev1.ExactDeviceRequest{DeviceClassName: "gold", Count: count},
			}}}},
		}, metav1.CreateOptions{})
		return err
	}
	used := func(pods, cpu, deployments, devices string) {
		t.Helper()
		want := fmt.Sprintf("%s pods, %s cpu, %s deployments, %s devices", pods, cpu, deployments, devices)
		hosttest.Eventually(t, func() string {
			q, err := c.CoreV1().ResourceQuotas(c.Namespace).Get(ctx, "q", metav1.GetOptions{})
			if err != nil {
				return err.Error()
			}
			of := func(name corev1.ResourceName) string {
				amount, known := q.Status.Used[name]
				if !known {
					return "unknown"
				}
				return amount.String()
			}
			got := fmt.Sprintf("%s pods, %s cpu, %s deployments, %s devices",
				of("pods"), of("requests.cpu"), of("count/deployments.apps"), of("gold.deviceclass.resource.k8s.io/devices"))
			if got != want {
				return "used: got " + got + ", want " + want
			}
			return ""
		})
	}
	admitted := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	refused := func(what string, err error) {
		t.Helper()
		if !apierrors.IsForbidden(err) {
			t.Fatalf("%s: got error %v, want forbidden", what, err)
		}
	}

	used("0", "0", "0", "0")
	admitted("pod a", pod("a", "250m"))
	refused("a pod with too much cpu", pod("b", "800m"))
	admitted("pod b", pod("b", "750m"))
	refused("a third pod", pod("c", "0"))
	admitted("deployment a", deployment("a"))
	refused("a second deployment", deployment("b"))
	refused("three devices", devices("a", 3))
	admitted("two devices", devices("a", 2))
	used("2", "1", "1", "2")

	admitted("delete pod b", c.CoreV1().Pods(c.Namespace).Delete(ctx, "b", metav1.DeleteOptions{}))
	admitted("delete deployment a", c.AppsV1().Deployments(c.Namespace).Delete(ctx, "a", metav1.DeleteOptions{}))
	admitted("give back the devices", c.ResourceV1().ResourceClaims(c.Namespace).Delete(ctx, "a", metav1.DeleteOptions{}))
	used("1", "250m", "0", "0")
	admitted("a pod in the room of b", pod("c", "750m"))
	admitted("a deployment in the room of a", deployment("b"))
	used("2", "1", "1", "0")
}
