// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// checkServices checks that the wanted Services are there, no other ones, and
// that each address behind one stands once in its EndpointSlices and in its
// Endpoints.
func (v *verdict) checkServices() {
	there, balancers := map[string]bool{}, map[string]string{}
	for i := range v.Services {
		s := &v.Services[i]
		key := s.Namespace + "/" + s.Name
		there[key] = true
		v.checkBalancer(key, s, balancers)
		if !v.wishes.Services[key] {
			v.blame("service %s is there, and was deleted", key)
		}
		want := v.addresses(s)
		v.checkAddresses("EndpointSlices of service "+key, v.inSlices(key), want)
		v.checkAddresses("Endpoints of service "+key, v.inEndpoints(key), want)
	}
	for key := range v.wishes.Services {
		if !there[key] {
			v.blame("service %s is missing", key)
		}
	}
	for i := range v.Slices {
		s := &v.Slices[i]
		if service := s.Namespace + "/" + s.Labels[discoveryv1.LabelServiceName]; !there[service] {
			v.blame("EndpointSlice %s/%s is there, and its service %s is not", s.Namespace, s.Name, service)
		}
	}
	for i := range v.Endpoints {
		if e := &v.Endpoints[i]; !there[e.Namespace+"/"+e.Name] {
			v.blame("Endpoints %s/%s are there, and their service is not", e.Namespace, e.Name)
		}
	}
}

// checkBalancer checks that a Service of type LoadBalancer has one address, which
// no other one has: users says whose they are.
func (v *verdict) checkBalancer(key string, s *corev1.Service, users map[string]string) {
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return
	}
	same(v, "service "+key, "number of addresses of the load balancer", len(s.Status.LoadBalancer.Ingress), 1)
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		if other, taken := users[ingress.IP]; taken {
			v.blame("service %s has the address %s of service %s", key, ingress.IP, other)
		}
		users[ingress.IP] = key
	}
}

func (v *verdict) checkAddresses(who string, got, want []string) {
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		v.blame("%s: the ready addresses are %v, want %v", who, got, want)
	}
}

// addresses are those of the ready pods that a Service selects.
func (v *verdict) addresses(s *corev1.Service) []string {
	var all []string
	selector := labels.SelectorFromSet(s.Spec.Selector)
	for i := range v.Pods {
		if p := &v.Pods[i]; p.Namespace == s.Namespace && selector.Matches(labels.Set(p.Labels)) && ready(p) {
			all = append(all, p.Status.PodIP)
		}
	}
	return all
}

// inSlices are the ready addresses in the slices of a Service, as often as they
// stand there.
func (v *verdict) inSlices(service string) []string {
	var all []string
	for i := range v.Slices {
		s := &v.Slices[i]
		if s.Namespace+"/"+s.Labels[discoveryv1.LabelServiceName] != service {
			continue
		}
		for _, e := range s.Endpoints {
			if e.Conditions.Ready != nil && *e.Conditions.Ready {
				all = append(all, e.Addresses...)
			}
		}
	}
	return all
}

func (v *verdict) inEndpoints(service string) []string {
	var all []string
	for i := range v.Endpoints {
		e := &v.Endpoints[i]
		if e.Namespace+"/"+e.Name != service {
			continue
		}
		for _, subset := range e.Subsets {
			for _, a := range subset.Addresses {
				all = append(all, a.IP)
			}
		}
	}
	return all
}

// checkQuotas checks that what quotas count as used is what is there.
func (v *verdict) checkQuotas() {
	for i := range v.Quotas {
		q := &v.Quotas[i]
		who := "quota " + q.Namespace + "/" + q.Name
		used := map[corev1.ResourceName]int{
			"pods": 0, "services": 0, "configmaps": 0, "count/replicationcontrollers": 0, "count/deployments.apps": 0,
		}
		for _, o := range v.All {
			if o.Namespace != q.Namespace {
				continue
			}
			for _, name := range []corev1.ResourceName{corev1.ResourceName(o.Resource), corev1.ResourceName("count/" + o.Resource), corev1.ResourceName("count/" + o.Resource + ".apps")} {
				if _, counted := used[name]; counted {
					used[name]++
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(used)) {
			got, hard, limit := q.Status.Used[name], q.Status.Hard[name], q.Spec.Hard[name]
			same(v, who, "used "+string(name), got.String(), strconv.Itoa(used[name]))
			same(v, who, "status.hard "+string(name), hard.String(), limit.String())
		}
	}
}
