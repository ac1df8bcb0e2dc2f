// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reaches waits until a Service has the addresses of so many ready pods, in
// EndpointSlices as in Endpoints.
func (o *operator) reaches(name string, count int) {
	o.Helper()
	o.eventually(func() string {
		want, err := o.readyAddresses(name)
		if err != nil {
			return err.Error()
		}
		inSlices, err := o.sliceAddresses(name)
		if err != nil {
			return err.Error()
		}
		endpoints, err := o.endpointsAddresses(name)
		if err != nil {
			return err.Error()
		}
		if len(want) == count && fmt.Sprint(inSlices) == fmt.Sprint(want) && fmt.Sprint(endpoints) == fmt.Sprint(want) {
			return ""
		}
		return fmt.Sprintf("Service %s: ready pods have addresses %v, want %d; got EndpointSlices %v, Endpoints %v", name, want, count, inSlices, endpoints)
	})
}

func (o *operator) readyAddresses(app string) ([]string, error) {
	pods, err := o.CoreV1().Pods(o.namespace).List(o.Context(), metav1.ListOptions{LabelSelector: "app=" + app})
	if err != nil {
		return nil, err
	}
	var addresses []string
	for i := range pods.Items {
		p := &pods.Items[i]
		if podReady(p) && p.DeletionTimestamp == nil {
			addresses = append(addresses, p.Status.PodIP)
		}
	}
	slices.Sort(addresses)
	return addresses, nil
}

func (o *operator) sliceAddresses(service string) ([]string, error) {
	list, err := o.DiscoveryV1().EndpointSlices(o.namespace).List(o.Context(), metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + service})
	if err != nil {
		return nil, err
	}
	var addresses []string
	for i := range list.Items {
		for _, e := range list.Items[i].Endpoints {
			if *e.Conditions.Ready {
				addresses = append(addresses, e.Addresses...)
			}
		}
	}
	slices.Sort(addresses)
	return addresses, nil
}

func (o *operator) endpointsAddresses(service string) ([]string, error) {
	endpoints, err := o.CoreV1().Endpoints(o.namespace).Get(o.Context(), service, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	var addresses []string
	for _, subset := range endpoints.Subsets {
		for _, a := range subset.Addresses {
			addresses = append(addresses, a.IP)
		}
	}
	slices.Sort(addresses)
	return addresses, nil
}

func podReady(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
