// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/cmd/chaos/load"
	"github.com/wasm-controller-manager/wcm/cmd/chaos/verdict"
)

const (
	namespace = load.Prefix + "a"
	image     = "example.com/app:1"
)

// world is a cluster with what is wanted of it.
type world struct {
	*verdict.State

	wishes load.Wishes
}

// healthy is a world with one of each, in which nothing is wrong.
func healthy() world {
	w := world{&verdict.State{}, load.Wishes{
		Namespaces: map[string]bool{namespace: true},
		Workloads: map[string]load.Wish{
			"Deployment " + namespace + "/web":            {Replicas: 1, Image: image},
			"ReplicationController " + namespace + "/old": {Replicas: 1, Image: image},
		},
		Services: map[string]bool{namespace + "/web": true},
		Deleted:  map[types.UID]string{"dead": "Deployment " + namespace + "/web"},
	}}
	w.Nodes = []corev1.Node{
		{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: corev1.NodeSpec{PodCIDRs: []string{"10.0.0.0/24"}}},
		{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: corev1.NodeSpec{PodCIDRs: []string{"10.0.1.0/24"}}},
	}
	w.Namespaces = []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: namespace}}}
	template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Image: image}}}}
	w.Deployments = []appsv1.Deployment{{
		ObjectMeta: w.item("deployments", "web"),
		Spec:       appsv1.DeploymentSpec{Replicas: new(int32(1)), Template: template},
		Status:     appsv1.DeploymentStatus{ObservedGeneration: 2, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1},
	}}
	w.ReplicaSets = []appsv1.ReplicaSet{{
		ObjectMeta: w.item("replicasets", "web-1", "deployments/web"),
		Spec:       appsv1.ReplicaSetSpec{Replicas: new(int32(1)), Template: template},
		Status:     appsv1.ReplicaSetStatus{ObservedGeneration: 2, Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1},
	}}
	w.ReplicationControllers = []corev1.ReplicationController{{
		ObjectMeta: w.item("replicationcontrollers", "old"),
		Spec:       corev1.ReplicationControllerSpec{Replicas: new(int32(1)), Template: &template},
		Status:     corev1.ReplicationControllerStatus{ObservedGeneration: 2, Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1},
	}}
	w.Pods = []corev1.Pod{w.pod("web-1-x", "replicasets/web-1", "10.0.0.1", "web"), w.pod("old-x", "replicationcontrollers/old", "10.0.0.2", "old")}
	w.Services = []corev1.Service{{ObjectMeta: w.item("services", "web"), Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "web"}}}}
	slice := w.item("endpointslices", "web-s")
	slice.Labels = map[string]string{discoveryv1.LabelServiceName: "web"}
	w.Slices = []discoveryv1.EndpointSlice{{ObjectMeta: slice, Endpoints: []discoveryv1.Endpoint{endpoint("10.0.0.1")}}}
	w.Endpoints = []corev1.Endpoints{{ //nolint:staticcheck // deprecated, and still written
		ObjectMeta: w.item("endpoints", "web"),
		Subsets:    []corev1.EndpointSubset{{Addresses: []corev1.EndpointAddress{{IP: "10.0.0.1"}}}}, //nolint:staticcheck // as above
	}}
	w.item("serviceaccounts", "default")
	w.item("configmaps", "kube-root-ca.crt")
	hard := corev1.ResourceList{"pods": resource.MustParse("5")}
	w.Quotas = []corev1.ResourceQuota{{
		ObjectMeta: w.item("resourcequotas", "quota"), Spec: corev1.ResourceQuotaSpec{Hard: hard},
		Status: corev1.ResourceQuotaStatus{Hard: hard, Used: corev1.ResourceList{
			"pods": resource.MustParse("2"), "services": resource.MustParse("1"), "configmaps": resource.MustParse("1"),
			"count/replicationcontrollers": resource.MustParse("1"), "count/deployments.apps": resource.MustParse("1"),
		}},
	}}
	return w
}

// item puts an object among all. Its uid is resource/name, and its owner is named
// by such a one.
func (w *world) item(resource, name string, controller ...string) metav1.ObjectMeta {
	o := metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(resource + "/" + name), Generation: 2}
	for _, owner := range controller {
		o.OwnerReferences = append(o.OwnerReferences, metav1.OwnerReference{Kind: "Owner", Name: owner, UID: types.UID(owner), Controller: new(true)})
	}
	w.All = append(w.All, verdict.Item{Resource: resource, ObjectMeta: o})
	return o
}

func (w *world) pod(name, controller, address, app string) corev1.Pod {
	o := w.item("pods", name, controller)
	o.Labels = map[string]string{"app": app}
	return corev1.Pod{ObjectMeta: o, Status: corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: address,
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
	}}
}

func endpoint(address string) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}
}

func TestHealthy(t *testing.T) {
	w := healthy()
	if wrong := verdict.Judge(w.State, w.wishes); len(wrong) > 0 {
		t.Errorf("Judge of a healthy cluster:\n%s", strings.Join(wrong, "\n"))
	}
}

func TestWrong(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(w *world)
		want  string // one of the sentences
	}{
		{"node without addresses", func(w *world) { w.Nodes[1].Spec.PodCIDRs = nil }, "node b: number of ranges of addresses is 0, want 1"},
		{"addresses twice", func(w *world) { w.Nodes[1].Spec = w.Nodes[0].Spec }, "node b has the addresses 10.0.0.0/24 of node a"},
		{"node tainted", func(w *world) { w.Nodes[0].Spec.Taints = []corev1.Taint{{Key: "x"}} }, "node a: number of taints is 1, want 0"},
		{"namespace left", func(w *world) { delete(w.wishes.Namespaces, namespace) }, "namespace chaos-a is there (), and was deleted: []"},
		{"namespace missing", func(w *world) { w.Namespaces = nil }, "namespace chaos-a is missing"},
		{"things without a namespace", func(w *world) { w.Namespaces = nil }, "services chaos-a/web is there, and its namespace is not"},
		{"no account", func(w *world) {
			w.All = slices.DeleteFunc(w.All, func(o verdict.Item) bool { return o.Resource == "serviceaccounts" })
		}, "serviceaccounts chaos-a/default is missing"},
		{"deletion stuck", func(w *world) {
			w.All[0].DeletionTimestamp, w.All[0].Finalizers = new(metav1.Unix(0, 0)), []string{"orphan"}
		}, "deployments chaos-a/web is being deleted since 00:00:00, with the finalizers [orphan]"},
		{"finalizer left", func(w *world) { w.All[0].Finalizers = []string{"orphan"} }, "deployments chaos-a/web has the finalizers [orphan]"},
		{"back from the dead", func(w *world) { w.All[0].UID = "dead" }, "deployments chaos-a/web is there, and was deleted as Deployment chaos-a/web"},
		{"owner gone", func(w *world) { w.All[0].UID = "new" }, "replicasets chaos-a/web-1 is there, and its owner Owner deployments/web is not"},
		{"workload missing", func(w *world) { w.ReplicationControllers = nil }, "ReplicationController chaos-a/old is missing"},
		{"workload left", func(w *world) { w.ReplicationControllers[0].Name = "older" }, "ReplicationController chaos-a/older is there, and nobody's"},
		{"orphaned ReplicaSet", func(w *world) { w.ReplicaSets[0].OwnerReferences = nil }, "ReplicaSet chaos-a/web-1 is there, and nobody's"},
		{"not scaled", func(w *world) { w.Deployments[0].Spec.Replicas = new(int32(2)) }, "Deployment chaos-a/web: spec.replicas is 2, want 1"},
		{"not observed", func(w *world) { w.Deployments[0].Status.ObservedGeneration = 1 }, "Deployment chaos-a/web: observedGeneration is 1, want 2"},
		{"not updated", func(w *world) { w.Deployments[0].Status.UpdatedReplicas = 0 }, "Deployment chaos-a/web: updatedReplicas is 0, want 1"},
		{"still paused", func(w *world) { w.Deployments[0].Spec.Paused = true }, "Deployment chaos-a/web: paused is true, want false"},
		{"old image", func(w *world) {
			w.ReplicaSets[0].Spec.Template.Spec.Containers = []corev1.Container{{Image: "old"}}
		}, "Deployment chaos-a/web: image of ReplicaSet web-1 is old, want example.com/app:1"},
		{"two ReplicaSets", func(w *world) { w.ReplicaSets = append(w.ReplicaSets, w.ReplicaSets[0]) }, "Deployment chaos-a/web: number of ReplicaSets with pods is 2, want 1"},
		{"pod too many", func(w *world) { w.Pods = append(w.Pods, w.pod("b", "replicationcontrollers/old", "10.0.0.3", "old")) }, "ReplicationController chaos-a/old: number of pods is 2, want 1"},
		{"pod missing", func(w *world) { w.Pods = w.Pods[:1] }, "ReplicationController chaos-a/old: number of pods is 0, want 1"},
		{"status behind", func(w *world) { w.ReplicaSets[0].Status.ReadyReplicas = 0 }, "ReplicaSet chaos-a/web-1: readyReplicas is 0, want 1"},
		{"pod without owner", func(w *world) { w.Pods[0].OwnerReferences = nil }, "pod chaos-a/web-1-x is nobody's"},
		{"pod pending", func(w *world) { w.Pods[0].Status.Phase = corev1.PodPending }, "pod chaos-a/web-1-x: phase is Pending, want Running"},
		{"pod not ready", func(w *world) { w.Pods[0].Status.Conditions = nil }, "pod chaos-a/web-1-x: condition Ready is false, want true"},
		{"service missing", func(w *world) { w.Services = nil }, "service chaos-a/web is missing"},
		{"service left", func(w *world) { clear(w.wishes.Services) }, "service chaos-a/web is there, and was deleted"},
		{"address twice", func(w *world) {
			w.Slices = append(w.Slices, w.Slices[0])
		}, "EndpointSlices of service chaos-a/web: the ready addresses are [10.0.0.1 10.0.0.1], want [10.0.0.1]"},
		{"address missing", func(w *world) {
			w.Slices[0].Endpoints = nil
		}, "EndpointSlices of service chaos-a/web: the ready addresses are [], want [10.0.0.1]"},
		{"address of old", func(w *world) {
			w.Endpoints[0].Subsets[0].Addresses[0].IP = "10.0.0.9"
		}, "Endpoints of service chaos-a/web: the ready addresses are [10.0.0.9], want [10.0.0.1]"},
		{"slice without service", func(w *world) {
			w.Slices[0].Labels = nil
		}, "EndpointSlice chaos-a/web-s is there, and its service chaos-a/ is not"},
		{"endpoints without service", func(w *world) { w.Endpoints[0].Name = "x" }, "Endpoints chaos-a/x are there, and their service is not"},
		{"no load balancer", func(w *world) {
			w.Services[0].Spec.Type = corev1.ServiceTypeLoadBalancer
		}, "service chaos-a/web: number of addresses of the load balancer is 0, want 1"},
		{"load balancer shared", func(w *world) {
			w.Services[0].Spec.Type = corev1.ServiceTypeLoadBalancer
			w.Services[0].Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
			w.Services = append(w.Services, w.Services[0])
			w.Services[1].Name = "wide"
		}, "service chaos-a/wide has the address 192.0.2.1 of service chaos-a/web"},
		{"quota", func(w *world) {
			w.Quotas[0].Status.Used["pods"] = resource.MustParse("3")
		}, "quota chaos-a/quota: used pods is 3, want 2"},
		{"quota not copied", func(w *world) {
			w.Quotas[0].Spec.Hard = corev1.ResourceList{"pods": resource.MustParse("6")}
		}, "quota chaos-a/quota: status.hard pods is 5, want 6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := healthy()
			test.spoil(&w)
			if wrong := verdict.Judge(w.State, w.wishes); !slices.Contains(wrong, test.want) {
				t.Errorf("Judge: got\n%s\nwant among them\n%s", strings.Join(wrong, "\n"), test.want)
			}
		})
	}
}
