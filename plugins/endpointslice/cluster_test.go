// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import (
	"fmt"
	"testing"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/cluster"
)

// scenario is a service with pods on a real API server, with all controllers of
// endpoints at work.
type scenario struct {
	*cluster.Cluster
	t *testing.T
}

// TestCluster plays what an operator does with a service and its pods, and with
// one whose Endpoints come from outside.
func TestCluster(t *testing.T) {
	s := scenario{cluster.Start(t, "replicationcontroller", "endpoints", "endpointslice", "endpointslicemirroring"), t}
	s.createService("web", map[string]string{"app": "web"})
	s.serves("web", managedBy, 0)
	s.createController(3)
	s.serves("web", managedBy, 3)
	s.scale(8)
	s.serves("web", managedBy, 8)
	s.scale(1)
	s.serves("web", managedBy, 1)
	s.scale(0)
	s.serves("web", managedBy, 0)
	s.deleteService("web")

	const mirror = "endpointslicemirroring-controller.k8s.io"
	s.createService("outside", nil)
	s.createEndpoints("outside", "192.0.2.1", "192.0.2.2")
	s.serves("outside", mirror, 2)
	s.patchService("outside", `{"spec":{"selector":{"app":"web"}}}`)
	s.serves("outside", managedBy, 0)
	s.noSlices("outside", mirror)
}

func (s *scenario) createService(name string, selector map[string]string) {
	s.t.Helper()
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ServiceSpec{
			Selector: selector,
			Ports:    []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromString("web")}},
		},
	}
	if _, err := s.CoreV1().Services(s.Namespace).Create(s.t.Context(), service, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) patchService(name, patch string) {
	s.t.Helper()
	if _, err := s.CoreV1().Services(s.Namespace).Patch(s.t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// deleteService expects that the Endpoints go with the service. The slices
// are left to the garbage collector, which finds their owner in them.
func (s *scenario) deleteService(name string) {
	s.t.Helper()
	for _, slice := range s.slices(name, managedBy) {
		if owner := metav1.GetControllerOf(&slice); owner == nil || owner.Kind != "Service" || owner.Name != name {
			s.t.Errorf("controller owner of slice %s: got %v, want service %s", slice.Name, owner, name)
		}
	}
	if err := s.CoreV1().Services(s.Namespace).Delete(s.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
	hosttest.Eventually(s.t, func() string {
		_, err := s.CoreV1().Endpoints(s.Namespace).Get(s.t.Context(), name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return ""
		}
		return fmt.Sprintf("Endpoints %s are there (error %v)", name, err)
	})
}

func (s *scenario) createController(replicas int32) {
	s.t.Helper()
	labels := map[string]string{"app": "web"}
	rc := &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: corev1.ReplicationControllerSpec{Replicas: &replicas, Template: &corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{
				Name: "c", Image: "nginx", Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 8080}},
			}}},
		}},
	}
	if _, err := s.CoreV1().ReplicationControllers(s.Namespace).Create(s.t.Context(), rc, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) scale(replicas int32) {
	s.t.Helper()
	scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: autoscalingv1.ScaleSpec{Replicas: replicas}}
	if _, err := s.CoreV1().ReplicationControllers(s.Namespace).UpdateScale(s.t.Context(), "web", scale, metav1.UpdateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) createEndpoints(name string, addresses ...string) {
	s.t.Helper()
	subset := corev1.EndpointSubset{Ports: []corev1.EndpointPort{{Name: "http", Port: 80}}} //nolint:staticcheck // the controller is about them
	for _, ip := range addresses {
		subset.Addresses = append(subset.Addresses, corev1.EndpointAddress{IP: ip})
	}
	object := &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: name}, Subsets: []corev1.EndpointSubset{subset}} //nolint:staticcheck // the controller is about them
	if _, err := s.CoreV1().Endpoints(s.Namespace).Create(s.t.Context(), object, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) slices(service, manager string) []discoveryv1.EndpointSlice {
	s.t.Helper()
	list, err := s.DiscoveryV1().EndpointSlices(s.Namespace).List(s.t.Context(), metav1.ListOptions{
		LabelSelector: discoveryv1.LabelServiceName + "=" + service + "," + discoveryv1.LabelManagedBy + "=" + manager,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

func (s *scenario) noSlices(service, manager string) {
	s.t.Helper()
	hosttest.Eventually(s.t, func() string {
		if slices := s.slices(service, manager); len(slices) > 0 {
			return fmt.Sprintf("%d slices of %s are those of %s", len(slices), service, manager)
		}
		return ""
	})
}

// serves waits until one slice, and the Endpoints, have so many addresses that
// are ready, and no others.
func (s *scenario) serves(service, manager string, want int) {
	s.t.Helper()
	hosttest.Eventually(s.t, func() string {
		slices := s.slices(service, manager)
		if len(slices) != 1 {
			return fmt.Sprintf("service %s has %d slices, want 1", service, len(slices))
		}
		ready := 0
		for _, e := range slices[0].Endpoints {
			if *e.Conditions.Ready {
				ready++
			}
		}
		if ready != want || len(slices[0].Endpoints) != want {
			return fmt.Sprintf("service %s has %d endpoints, %d of them ready, want %d", service, len(slices[0].Endpoints), ready, want)
		}
		endpoints, err := s.CoreV1().Endpoints(s.Namespace).Get(s.t.Context(), service, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		addresses := 0
		for _, subset := range endpoints.Subsets {
			addresses += len(subset.Addresses)
			if len(subset.NotReadyAddresses) > 0 {
				return fmt.Sprintf("service %s has addresses that are not ready", service)
			}
		}
		if addresses != want {
			return fmt.Sprintf("the Endpoints of service %s have %d addresses, want %d", service, addresses, want)
		}
		return ""
	})
}
