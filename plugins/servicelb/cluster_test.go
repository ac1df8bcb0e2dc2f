// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
)

// create makes a Service of type LoadBalancer of the class.
func create(t *testing.T, s *stage.Stage, name, class string) {
	t.Helper()
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerClass: &class, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if _, err := s.CoreV1().Services(s.Namespace).Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// await waits until the Service has the address; "": until it is gone, or has
// neither address nor finalizer.
func await(t *testing.T, s *stage.Stage, name, address string) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		list, err := s.CoreV1().Services(s.Namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + name})
		if err != nil {
			return err.Error()
		}
		got := ""
		for _, service := range list.Items {
			for _, i := range service.Status.LoadBalancer.Ingress {
				got += i.IP
			}
			if address == "" {
				got += strings.Join(service.Finalizers, "")
			}
		}
		if got != address {
			return name + " has " + got + ", want " + address
		}
		return ""
	})
}

// TestPoolOnCluster gives one address to three Services in turn.
func TestPoolOnCluster(t *testing.T) {
	s := stage.Start(t, stage.Options{Controllers: map[string]string{
		"servicelb": `settings: {loadBalancerClass: test/pool, pools: [{name: one, addresses: ["192.0.2.7/32"]}]}`,
	}})
	ctx := t.Context()
	create(t, s, "a", "test/pool")
	await(t, s, "a", "192.0.2.7")
	create(t, s, "b", "test/pool")
	if err := s.CoreV1().Services(s.Namespace).Delete(ctx, "a", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	await(t, s, "a", "")
	await(t, s, "b", "192.0.2.7")
	create(t, s, "c", "test/pool")
	patch := []byte(`{"spec":{"type":"ClusterIP","loadBalancerClass":null,"allocateLoadBalancerNodePorts":null,"externalTrafficPolicy":null}}`)
	if _, err := s.CoreV1().Services(s.Namespace).Patch(ctx, "b", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	await(t, s, "b", "")
	await(t, s, "c", "192.0.2.7")
}

// TestEndpointOnCluster has a guest ask a server outside.
func TestEndpointOnCluster(t *testing.T) {
	c := newCloud(t)
	address := strings.TrimPrefix(c.URL, "http://")
	s := stage.Start(t, stage.Options{Controllers: map[string]string{
		"servicelb": "  http: [{hosts: [\"" + address + "\"], methods: [PUT, DELETE], plain: true}]\n" +
			"settings: {loadBalancerClass: test/endpoint, endpoint: \"" + c.URL + "/v1\"}",
	}})
	create(t, s, "a", "test/endpoint")
	await(t, s, "a", "203.0.113.9")
	if err := s.CoreV1().Services(s.Namespace).Delete(t.Context(), "a", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	await(t, s, "a", "")
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.balancers) > 0 {
		t.Errorf("balancers after the deletion: got %v, want none", c.balancers)
	}
}
