// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

const (
	leaseNamespaceObject = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-node-lease"}}`
	otherNamespace       = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}`
	pendingPod           = `{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": {"namespace": "default", "name": "web"},
		"spec": {
			"schedulerName": "default-scheduler", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
			"containers": [{"name": "a", "image": "nginx"}, {"name": "b", "image": "busybox"}]
		},
		"status": {"phase": "Pending"}
	}`
)

var podKey = sdk.Key{Namespace: "default", Name: "web"}

func settle(t *testing.T, env *sdktest.Env) {
	t.Helper()
	if err := env.Settle(); err != nil {
		t.Fatalf("Settle: %v", err)
	}
}

func wantFields(t *testing.T, o sdktest.Object, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for path := range want {
		got[path] = o.Text(path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %s (-want +got):\n%s", o.Text("kind"), o.Key(), diff)
	}
}

func TestNodes(t *testing.T) {
	env := sdktest.New(t, leaseNamespaceObject, otherNamespace)
	if err := env.Configure(`{"count":2,"prefix":"n-","labels":{"zone":"a"},"capacity":{"cpu":"4"}}`); err != nil {
		t.Fatal(err)
	}
	settle(t, env)
	if got := len(env.List("Node")); got != 2 {
		t.Fatalf("nodes: got %d, want 2", got)
	}
	node := env.Get("Node", sdk.Key{Name: "n-1"})
	wantFields(t, node, map[string]string{
		"metadata.labels":            "map[kubernetes.io/arch:wasm kubernetes.io/hostname:n-1 kubernetes.io/os:linux zone:a]",
		"status.capacity":            "map[cpu:4]",
		"status.allocatable":         "map[cpu:4]",
		"status.conditions.0.type":   "Ready",
		"status.conditions.0.status": "True",
		"status.addresses.0.address": "172.31.1.1",
	})
	lease := sdk.Key{Namespace: leaseNamespace, Name: "n-1"}
	wantFields(t, env.Get("Lease", lease), map[string]string{
		"spec.holderIdentity":            "n-1",
		"spec.leaseDurationSeconds":      "40",
		"spec.renewTime":                 "2030-01-01T00:00:00.000000Z",
		"metadata.ownerReferences.0.uid": node.Text("metadata.uid"),
	})

	env.Patch("Node", node.Key(), `{"status":{"conditions":[{"type":"Ready","status":"Unknown","message":"silent"}]}}`)
	env.Delete("Node", sdk.Key{Name: "n-0"})
	env.Advance(leaseRenewal)
	settle(t, env)
	if env.Get("Node", sdk.Key{Name: "n-0"}) == nil {
		t.Error("node n-0, which was deleted, is not back after a renewal")
	}
	wantFields(t, env.Get("Node", node.Key()), map[string]string{
		"status.conditions.0.status":            "True",
		"status.conditions.0.message":           "the hollow kubelet is alive",
		"status.conditions.0.lastHeartbeatTime": "2030-01-01T00:00:10Z",
	})
	wantFields(t, env.Get("Lease", lease), map[string]string{"spec.renewTime": "2030-01-01T00:00:10.000000Z"})
}

func TestPodLife(t *testing.T) {
	env := sdktest.New(t, pendingPod)
	if err := env.Configure(`{"startupDelay":"2s","terminationDelay":"3s"}`); err != nil {
		t.Fatal(err)
	}
	settle(t, env)
	wantFields(t, env.Get("Pod", podKey), map[string]string{
		"spec.nodeName":    "hollow-0",
		"status.phase":     "Pending",
		"status.startTime": "2030-01-01T00:00:00Z",
		"status.hostIP":    "172.31.0.1",
		"status.podIP":     "",
		"status.containerStatuses.0.state.waiting.reason": "ContainerCreating",
	})
	env.Advance(2 * time.Second)
	settle(t, env)
	pod := env.Get("Pod", podKey)
	wantFields(t, pod, map[string]string{
		"status.phase":                     "Running",
		"status.startTime":                 "2030-01-01T00:00:00Z",
		"status.podIP":                     pod.Text("status.podIPs.0.ip"),
		"status.containerStatuses.1.name":  "b",
		"status.containerStatuses.1.image": "busybox",
		"status.containerStatuses.1.ready": "true",
		"status.containerStatuses.1.state": "map[running:map[startedAt:2030-01-01T00:00:02Z]]",
	})
	for _, condition := range []string{"PodScheduled", "Initialized", "ContainersReady", "Ready"} {
		if got := conditionOf(pod, condition); got != "True" {
			t.Errorf("condition %s of a running pod: got %q, want True", condition, got)
		}
	}
	env.Delete("Pod", podKey)
	settle(t, env)
	if env.Get("Pod", podKey) == nil {
		t.Fatal("the pod is gone before its containers have ended")
	}
	env.Advance(3 * time.Second)
	settle(t, env)
	if pod := env.Get("Pod", podKey); pod != nil {
		t.Errorf("the pod that was deleted: got %v, want it gone", pod)
	}
}

func TestPodWithoutDelayTakesTwoWrites(t *testing.T) {
	env := sdktest.New(t, pendingPod)
	settle(t, env)
	if got := len(env.Writes()); got != 2 {
		t.Errorf("writes from nothing to Running: got %d, want a binding and a status: %+v", got, env.Writes())
	}
}

func TestSilentNode(t *testing.T) {
	env := sdktest.New(t, leaseNamespaceObject, pendingPod)
	settle(t, env)
	node, lease := sdk.Key{Name: "hollow-0"}, sdk.Key{Namespace: leaseNamespace, Name: "hollow-0"}
	env.Patch("Node", node, `{"metadata":{"annotations":{"hollow-kubelet/silent":"true"}},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}`)
	pod := env.Get("Pod", podKey)
	conditions := strings.Replace(sdktest.Object{"conditions": pod.Field("status.conditions")}.JSON(),
		`"status":"True","type":"Ready"`, `"status":"False","type":"Ready"`, 1)
	env.Patch("Pod", podKey, `{"status":`+conditions+`}`)
	writes := len(env.Writes())
	env.Advance(time.Minute)
	settle(t, env)
	if got := conditionOf(env.Get("Pod", podKey), "Ready"); got != "False" || len(env.Writes()) != writes {
		t.Errorf("a silent node wrote %v", env.Writes()[writes:])
	}
	env.Patch("Node", node, `{"metadata":{"annotations":null}}`)
	env.Advance(leaseRenewal)
	settle(t, env)
	wantFields(t, env.Get("Lease", lease), map[string]string{"spec.renewTime": "2030-01-01T00:01:10.000000Z"})
	wantFields(t, env.Get("Node", node), map[string]string{"status.conditions.0.status": "True"})
	again := env.Get("Pod", podKey)
	if got := conditionOf(again, "Ready"); got != "True" {
		t.Errorf("condition Ready of a pod whose node is back: got %q, want True", got)
	}
	wantFields(t, again, map[string]string{
		"status.podIP": pod.Text("status.podIP"), "status.phase": "Running",
		"status.containerStatuses": pod.Text("status.containerStatuses"),
	})
}

func TestPodExits(t *testing.T) {
	env := sdktest.New(t, pendingPod)
	env.Patch("Pod", podKey, `{"metadata":{"annotations":{"hollow-kubelet/exit-after":"5s"}},"spec":{"restartPolicy":"Never"}}`)
	settle(t, env)
	env.Advance(5 * time.Second)
	settle(t, env)
	pod := env.Get("Pod", podKey)
	wantFields(t, pod, map[string]string{
		"status.phase":                                "Succeeded",
		"status.containerStatuses.0.ready":            "false",
		"status.containerStatuses.0.state.terminated": "map[exitCode:0 finishedAt:2030-01-01T00:00:05Z reason:Completed startedAt:2030-01-01T00:00:00Z]",
	})
	if got := conditionOf(pod, "Ready"); got != "False" {
		t.Errorf("condition Ready of a finished pod: got %q, want False", got)
	}
}

// TestAddressesDiffer gives a pod the address that another one would get.
func TestAddressesDiffer(t *testing.T) {
	env := sdktest.New(t, pendingPod)
	uid := env.Get("Pod", podKey).Text("metadata.uid")
	taken := podAddress(0, uid, 0).String()
	env.Add(`{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"first"},"status":{"phase":"Running","podIP":"` + taken + `"}}`)
	settle(t, env)
	if got, want := env.Get("Pod", podKey).Text("status.podIP"), podAddress(0, uid, 1).String(); got != want {
		t.Errorf("podIP: got %s, want %s, because %s is taken", got, want, taken)
	}
}

func conditionOf(pod sdktest.Object, name string) string {
	conditions, _ := pod.Field("status.conditions").([]any)
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == name {
			status, _ := c["status"].(string)
			return status
		}
	}
	return ""
}
