// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestLoadBalancer: the two addresses of the pool go to two Services, the third
// waits for one of them to give its address back.
func TestLoadBalancer(t *testing.T) {
	o := operate(t)
	first, second := o.balance("a"), o.balance("b")
	if pool := []string{"192.0.2.1", "192.0.2.2"}; first == second || !slices.Contains(pool, first) || !slices.Contains(pool, second) {
		o.Errorf("two Services got %s and %s, want those of %v", first, second, pool)
	}
	o.told("Service", "a", "EnsuredLoadBalancer", "Ensured load balancer")

	o.exposeOutside("c")
	o.told("Service", "c", "AllocationFailed", "")
	c := o.service("c")
	if found := meta.FindStatusCondition(c.Status.Conditions, "LoadBalancerProvisioned"); found == nil || found.Reason != "AllocationFailed" || len(c.Status.LoadBalancer.Ingress) > 0 {
		o.Errorf("the Service for which there is no address has status %+v, want a condition that says so", c.Status)
	}
	o.must(o.CoreV1().Services(o.namespace).Delete(o.Context(), "a", metav1.DeleteOptions{}))
	if got := o.addressed("c"); got != first {
		o.Errorf("the Service that waited got %s, want %s, which was given back", got, first)
	}
	o.eventually(func() string {
		_, err := o.CoreV1().Services(o.namespace).Get(o.Context(), "a", metav1.GetOptions{})
		return gone("the Service", err)
	})

	_, err := o.CoreV1().Services(o.namespace).Patch(o.Context(), "b", types.MergePatchType, []byte(`{"spec":{"type":"ClusterIP"}}`), metav1.PatchOptions{})
	o.must(err)
	o.eventually(func() string {
		if b := o.service("b"); len(b.Status.LoadBalancer.Ingress) > 0 || len(b.Finalizers) > 0 {
			return fmt.Sprintf("a Service of type ClusterIP has the ingress %v and finalizers %q of a load balancer", b.Status.LoadBalancer.Ingress, b.Finalizers)
		}
		return ""
	})
}

// balance makes a Service of type LoadBalancer and returns the address that it gets.
func (o *operator) balance(name string) string {
	o.Helper()
	o.exposeOutside(name)
	address := o.addressed(name)
	if finalizers := o.service(name).Finalizers; len(finalizers) != 1 || finalizers[0] != "service.kubernetes.io/load-balancer-cleanup" {
		o.Errorf("Service %s has the address %s and finalizers %q, want the one that gives it back", name, address, finalizers)
	}
	return address
}

func (o *operator) exposeOutside(name string) {
	o.Helper()
	_, err := o.CoreV1().Services(o.namespace).Create(o.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{})
	o.must(err)
}

func (o *operator) service(name string) *corev1.Service {
	o.Helper()
	s, err := o.CoreV1().Services(o.namespace).Get(o.Context(), name, metav1.GetOptions{})
	o.must(err)
	return s
}

// addressed waits for the address of a Service.
func (o *operator) addressed(name string) (address string) {
	o.Helper()
	o.eventually(func() string {
		ingress := o.service(name).Status.LoadBalancer.Ingress
		if len(ingress) != 1 {
			return fmt.Sprintf("Service %s has ingress %v, want one address", name, ingress)
		}
		address = ingress[0].IP
		return ""
	})
	return address
}
