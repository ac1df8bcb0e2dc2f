// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func podOn(name, node, ready string) string {
	return `{"kind":"Pod","metadata":{"namespace":"ns","name":"` + name + `"},"spec":{"nodeName":"` + node + `"},"status":{"phase":"Running","conditions":[
		{"type":"PodScheduled","status":"True"},{"type":"Ready","status":"` + ready + `","lastTransitionTime":"2029-12-31T00:00:00Z"}]}}`
}

func TestPods(t *testing.T) {
	w := newWorld(t, "", append(objects("z", "a", "b"), podOn("lost", "a", "True"), podOn("unready", "a", "False"), podOn("well", "b", "True"))...)
	w.beat("a", "b")
	w.pass(20 * time.Second)
	w.ready("a", statusFalse)
	w.pass(5 * time.Second)
	w.Add(podOn("bold", "a", "True"))
	w.pass(time.Second)
	if got := w.Get("Pod", sdk.Key{Namespace: "ns", Name: "bold"}).Text("status.conditions.1.status"); got != "True" {
		t.Errorf("a pod that came to such a node is ready: %s, want that left to its kubelet", got)
	}
	w.Kill("Pod", sdk.Key{Namespace: "ns", Name: "bold"})
	ready := func(pod string) string {
		return w.Get("Pod", sdk.Key{Namespace: "ns", Name: pod}).Text("status.conditions.1.status")
	}
	if got := ready("lost"); got != "True" {
		t.Errorf("on a node that says it is not ready the pod is ready: %s, want that left to its kubelet", got)
	}
	w.stop("a")
	w.pass(70 * time.Second)
	w.Add(podOn("late", "a", "True"))
	w.pass(time.Second)
	for pod, want := range map[string]string{"lost": "False", "unready": "False", "well": "True", "late": "False"} {
		if got := ready(pod); got != want {
			t.Errorf("pod %s is ready: %s, want %s", pod, got, want)
		}
	}
	if got := w.Get("Pod", sdk.Key{Namespace: "ns", Name: "lost"}).Text("status.conditions.1.lastTransitionTime"); got < "2030" {
		t.Errorf("lastTransitionTime = %s, want when it changed", got)
	}
	want := []string{"Warning node-controller ns/late: Node is not ready", "Warning node-controller ns/lost: Node is not ready"}
	got := slices.DeleteFunc(w.events("NodeNotReady"), func(e string) bool { return e[0] == 'N' })
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("events: got %q, want %q", got, want)
	}
	// A kubelet that is there after all has the last word.
	w.Patch("Pod", sdk.Key{Namespace: "ns", Name: "lost"}, `{"status":{"conditions":[{"type":"PodScheduled","status":"True"},{"type":"Ready","status":"True"}]}}`)
	w.pass(5 * time.Second)
	if got := ready("lost"); got != "True" {
		t.Errorf("after its kubelet says so the pod is ready: %s, want True", got)
	}
}

// TestPodsWithoutNode has nodes that are unknown, and pods of which the controller is
// not told: it fails if anything were to be done about them.
func TestPodsWithoutNode(t *testing.T) {
	w := newWorld(t, "", append(objects("z", "a"), podOn("ready", "", "True"), podOn("unready", "", "False"))...)
	w.pass(70 * time.Second)
	w.Patch("Pod", sdk.Key{Namespace: "ns", Name: "unready"}, `{"metadata":{"labels":{"x":"y"}},"status":{"conditions":[{"type":"Ready","status":"True"}]}}`)
	w.Add(podOn("new", "", "True"))
	w.pass(5 * time.Second)
	for _, pod := range w.List("Pod") {
		if text := pod.JSON(); strings.Contains(text, `"status":"False"`) {
			t.Errorf("a pod without a node is %s, want it left alone", text)
		}
	}
}
