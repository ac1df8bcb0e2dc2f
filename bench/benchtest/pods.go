// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package benchtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// Shape is the projection of the benchmarks: eight values that most controllers
// of pods read, as the type of bench/guests/reader has them.
const Shape = "{metadata{deletionTimestamp time,labels map<string>," +
	"ownerReferences list<{controller bool,kind string,name string,uid string}>}," +
	"spec{nodeName string}," +
	"status{conditions list<{status string,type string}>,phase string}}"

// template is a pod as an API server sends it, managed fields and all.
var template = sync.OnceValue(func() *corev1.Pod {
	text, err := os.ReadFile(filepath.Join(hosttest.Root(), "host/project/testdata/pod-live.json"))
	if err != nil {
		panic(err) // the repository is incomplete
	}
	pod := &corev1.Pod{}
	if err := json.Unmarshal(text, pod); err != nil {
		panic(err)
	}
	return pod
})

// PodsPerOwner is how many pods each owner has, in the order of their numbers.
const PodsPerOwner = 10

// Pods are named by number.
const (
	ownersPerSpace   = 20
	firstPodRevision = 1_000_000_000
)

// Key returns the namespace and the name of the i-th pod.
func Key(i int) (namespace, name string) {
	owner := i / PodsPerOwner
	return fmt.Sprintf("team-%03d", owner/ownersPerSpace), fmt.Sprintf("%s-%05x", ownerName(owner), i)
}

func ownerName(owner int) string { return fmt.Sprintf("%s-%08x", app(owner), uint32(owner)*2654435761) }

func app(owner int) string {
	return [...]string{"web", "billing-worker", "search-index", "cart", "session-cache"}[owner%5]
}

// Pod returns the i-th pod. Ten pods have one owner; those of different owners
// differ in labels, containers, state and the lengths of their names.
func Pod(i int) *corev1.Pod {
	owner := i / PodsPerOwner
	pod := template().DeepCopy()
	pod.APIVersion, pod.Kind = "v1", "Pod"
	pod.Namespace, pod.Name = Key(i)
	pod.GenerateName = ownerName(owner) + "-"
	pod.UID = types.UID(fmt.Sprintf("3c0f6f5e-3f62-4c0c-9d6e-%012x", i))
	pod.ResourceVersion = strconv.Itoa(firstPodRevision + i)
	pod.Labels = map[string]string{"app": app(owner), "pod-template-hash": fmt.Sprintf("%08x", uint32(owner)*2654435761)}
	if owner%2 == 0 {
		pod.Labels["app.kubernetes.io/instance"] = pod.Namespace
		pod.Labels["app.kubernetes.io/version"] = fmt.Sprint("v1.", owner%30)
	}
	pod.OwnerReferences[0].Name = ownerName(owner)
	pod.OwnerReferences[0].UID = types.UID(fmt.Sprintf("8f2b1f9e-9a44-4b9e-8d0c-%012x", owner))
	pod.Spec.NodeName = fmt.Sprintf("node-%03d.example.internal", (i*7)%500)
	pod.Status.PodIP = fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	for range owner % 3 {
		addContainer(pod)
	}
	if i%17 == 0 {
		pod.Status.Phase = corev1.PodPending
		pod.Status.ContainerStatuses = nil
	}
	return pod
}

// addContainer makes the pod have a sidecar more.
func addContainer(pod *corev1.Pod) {
	sidecar := pod.Spec.Containers[0].DeepCopy()
	sidecar.Name = fmt.Sprint("sidecar-", len(pod.Spec.Containers))
	sidecar.Ports = nil
	pod.Spec.Containers = append(pod.Spec.Containers, *sidecar)
	if len(pod.Status.ContainerStatuses) > 0 {
		status := pod.Status.ContainerStatuses[0].DeepCopy()
		status.Name = sidecar.Name
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, *status)
	}
}

// Heartbeat changes what no controller of the benchmarks reads.
func Heartbeat(pod *corev1.Pod, now metav1.Time) {
	for i := range pod.Status.Conditions {
		pod.Status.Conditions[i].LastProbeTime = now
	}
}
