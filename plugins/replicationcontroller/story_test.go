// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// TestStory plays what users do with replication controllers on a real API
// server. The subtests share one host; each has its own namespace.
func TestStory(t *testing.T) {
	host := newCluster(t)
	stories := map[string]func(t *testing.T, c *cluster){
		"Replace":     replaceDeleted,
		"Scale":       scaleUpAndDown,
		"Release":     releaseByLabel,
		"Adopt":       adoptOrphan,
		"Quota":       exceedQuota,
		"MinReady":    waitMinReady,
		"Terminating": terminateNamespace,
		"Node":        liveOnNode,
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			story(t, &cluster{Interface: host.Interface, plane: host.plane, namespace: host.plane.NamespaceFor(t)})
		})
	}
}

func replaceDeleted(t *testing.T, c *cluster) {
	c.create(t, "web", 2)
	c.ready(t, "web", 2)
	first := c.owned(t, "web")[0]
	if err := c.CoreV1().Pods(c.namespace).Delete(t.Context(), first.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, func() string {
		names := podNames(c.owned(t, "web"))
		if len(names) != 2 || strings.Contains(strings.Join(names, " "), first.Name) {
			return fmt.Sprintf("pods after deleting %s: got %v, want two without it", first.Name, names)
		}
		return ""
	})
	c.ready(t, "web", 2)
	if created := c.wantEvent(t, "Normal SuccessfulCreate", 3); len(created) != 3 || !strings.HasPrefix(created[0], "Created pod: web-") {
		t.Errorf("events SuccessfulCreate: got %v, want one for each of 3 pods", created)
	}
}

func scaleUpAndDown(t *testing.T, c *cluster) {
	c.create(t, "web", 1)
	for _, replicas := range []int32{3, 1, 5} {
		c.settle(t, "web")
		c.scale(t, "web", replicas)
		c.ready(t, "web", replicas)
	}
	if deleted := c.wantEvent(t, "Normal SuccessfulDelete", 2); len(deleted) != 2 {
		t.Errorf("events SuccessfulDelete: got %v, want 2", deleted)
	}
}

func releaseByLabel(t *testing.T, c *cluster) {
	c.create(t, "web", 2)
	c.ready(t, "web", 2)
	taken := c.owned(t, "web")[0]
	c.patchPod(t, taken.Name, `{"metadata":{"labels":{"app":"debug"}}}`)
	hosttest.Eventually(t, func() string {
		p, err := c.CoreV1().Pods(c.namespace).Get(t.Context(), taken.Name, metav1.GetOptions{})
		if err != nil || p.UID != taken.UID || len(p.OwnerReferences) > 0 || p.DeletionTimestamp != nil {
			return fmt.Sprintf("the pod that was taken out: got %+v (error %v), want it alive without owner", p, err)
		}
		return ""
	})
	c.ready(t, "web", 2)
	if got := len(c.pods(t)); got != 3 {
		t.Errorf("pods: got %d, want 3", got)
	}
}

func adoptOrphan(t *testing.T, c *cluster) {
	orphan := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "orphan", Labels: map[string]string{"app": "web"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "friend", UID: "a-friend"}},
		},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
	}
	if _, err := c.CoreV1().Pods(c.namespace).Create(t.Context(), orphan, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.create(t, "web", 2)
	c.ready(t, "web", 2)
	adopted, err := c.CoreV1().Pods(c.namespace).Get(t.Context(), "orphan", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if owner := metav1.GetControllerOf(adopted); owner == nil || owner.Name != "web" || len(adopted.OwnerReferences) != 2 {
		t.Errorf("owners of the orphan: got %+v, want web beside the one that it had", adopted.OwnerReferences)
	}
}

func exceedQuota(t *testing.T, c *cluster) {
	hard := func(pods string) corev1.ResourceList { return corev1.ResourceList{"pods": resource.MustParse(pods)} }
	quotas := c.CoreV1().ResourceQuotas(c.namespace)
	quota, err := quotas.Create(t.Context(), &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "few"}, Spec: corev1.ResourceQuotaSpec{Hard: hard("2")},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	quota.Status = corev1.ResourceQuotaStatus{Hard: hard("2"), Used: hard("0")} // nobody else fills it in here
	if _, err := quotas.UpdateStatus(t.Context(), quota, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.create(t, "web", 4)
	hosttest.Eventually(t, func() string {
		rc := c.get(t, "web")
		if len(rc.Status.Conditions) == 1 && rc.Status.Replicas == 2 {
			return ""
		}
		return fmt.Sprintf("status beyond the quota: got %+v, want 2 replicas and a condition", rc.Status)
	})
	condition := c.get(t, "web").Status.Conditions[0]
	if condition.Type != "ReplicaFailure" || condition.Status != "True" || condition.Reason != "FailedCreate" ||
		!strings.Contains(condition.Message, "exceeded quota: few") || condition.LastTransitionTime.IsZero() {
		t.Errorf("condition: got %+v, want ReplicaFailure because of the quota", condition)
	}
	if refused := c.wantEvent(t, "Warning FailedCreate", 1); !strings.HasPrefix(refused[0], "Error creating: pods ") {
		t.Errorf("event FailedCreate: got %q, want what the API server said", refused[0])
	}
	raised := `{"spec":{"hard":{"pods":"9"}},"status":{"hard":{"pods":"9"}}}`
	for _, subresource := range []string{"", "status"} {
		if _, err := quotas.Patch(t.Context(), "few", types.MergePatchType, []byte(raised), metav1.PatchOptions{}, strings.Fields(subresource)...); err != nil {
			t.Fatal(err)
		}
	}
	c.ready(t, "web", 4)
	if got := c.get(t, "web").Status.Conditions; len(got) != 0 {
		t.Errorf("conditions after the quota was raised: got %+v, want none", got)
	}
}

func waitMinReady(t *testing.T, c *cluster) {
	rc := newController("web", 2)
	rc.Spec.MinReadySeconds = 3
	if _, err := c.CoreV1().ReplicationControllers(c.namespace).Create(t.Context(), rc, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	hosttest.Eventually(t, func() string {
		status := c.get(t, "web").Status
		if since := time.Since(begin); status.AvailableReplicas > 0 && since < 2*time.Second { // the condition has whole seconds
			t.Fatalf("available after %v, want at least 2 s", since)
		}
		if status.AvailableReplicas != 2 || status.ReadyReplicas != 2 {
			return fmt.Sprintf("status with minReadySeconds: got %+v, want 2 available", status)
		}
		return ""
	})
}

func terminateNamespace(t *testing.T, c *cluster) {
	c.create(t, "web", 1)
	c.ready(t, "web", 1)
	if err := c.CoreV1().Namespaces().Delete(t.Context(), c.namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	c.scale(t, "web", 5)
	hosttest.Eventually(t, func() string {
		if rc := c.get(t, "web"); rc.Status.ObservedGeneration != rc.Generation {
			return fmt.Sprintf("status in a namespace that is being deleted: got %+v, want it to follow", rc.Status)
		}
		return ""
	})
	if rc := c.get(t, "web"); rc.Status.Replicas != 1 || len(rc.Status.Conditions) != 0 {
		t.Errorf("status in a namespace that is being deleted: got %+v, want 1 replica and no condition", rc.Status)
	}
}

// liveOnNode looks at what the hollow kubelet made of the pods and the node.
func liveOnNode(t *testing.T, c *cluster) {
	c.create(t, "web", 3)
	c.ready(t, "web", 3)
	addresses := map[string]bool{}
	for _, p := range c.owned(t, "web") {
		addresses[p.Status.PodIP] = true
		if p.Spec.NodeName != "hollow-0" || p.Status.HostIP == "" || len(p.Status.Conditions) < 4 || !p.Status.ContainerStatuses[0].Ready {
			t.Errorf("pod %s: got node %q, status %+v, want it ready on hollow-0", p.Name, p.Spec.NodeName, p.Status)
		}
	}
	if len(addresses) != 3 {
		t.Errorf("addresses of 3 pods: got %v, want one each", addresses)
	}
	node, err := c.CoreV1().Nodes().Get(t.Context(), "hollow-0", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if node.Status.Capacity.Pods().Value() != 110 || len(node.Status.Conditions) != 4 || len(node.Status.Addresses) != 2 {
		t.Errorf("status of the node: got %+v, want capacity, conditions and addresses", node.Status)
	}
	hosttest.Eventually(t, func() string {
		lease, err := c.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(t.Context(), "hollow-0", metav1.GetOptions{})
		if err != nil || lease.OwnerReferences[0].UID != node.UID || lease.Spec.RenewTime.IsZero() {
			return fmt.Sprintf("lease of the node: got %+v (error %v), want one that the node owns", lease, err)
		}
		return ""
	})
	c.scale(t, "web", 0)
	hosttest.Eventually(t, func() string {
		if left := podNames(c.pods(t)); len(left) > 0 {
			return fmt.Sprintf("pods after scaling to 0: got %v, want the node to have ended them", left)
		}
		return ""
	})
}

// ready waits until so many pods of the controller run and are available.
func (c *cluster) ready(t *testing.T, name string, replicas int32) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		rc := c.get(t, name)
		s := rc.Status
		if !reported(rc) || s.Replicas != replicas || s.FullyLabeledReplicas != replicas || s.ReadyReplicas != replicas || s.AvailableReplicas != replicas {
			return fmt.Sprintf("status of %s: got %+v of generation %d, want all %d available", name, s, rc.Generation, replicas)
		}
		return ""
	})
}

func (c *cluster) get(t *testing.T, name string) *corev1.ReplicationController {
	t.Helper()
	rc, err := c.CoreV1().ReplicationControllers(c.namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return rc
}

func (c *cluster) pods(t *testing.T) []corev1.Pod {
	t.Helper()
	list, err := c.CoreV1().Pods(c.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// owned returns the pods of a controller that are not being deleted.
func (c *cluster) owned(t *testing.T, name string) []corev1.Pod {
	t.Helper()
	var owned []corev1.Pod
	for _, p := range c.pods(t) {
		if owner := metav1.GetControllerOf(&p); owner != nil && owner.Name == name && p.DeletionTimestamp == nil {
			owned = append(owned, p)
		}
	}
	return owned
}

func podNames(pods []corev1.Pod) []string {
	var names []string
	for _, p := range pods {
		names = append(names, p.Name)
	}
	return names
}

func (c *cluster) patchPod(t *testing.T, name, patch string) {
	t.Helper()
	if _, err := c.CoreV1().Pods(c.namespace).Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// wantEvent waits for an event, "Normal SuccessfulCreate" for example, to have
// occurred so often, and returns its messages.
func (c *cluster) wantEvent(t *testing.T, what string, atLeast int) []string {
	t.Helper()
	var messages []string
	hosttest.Eventually(t, func() string {
		if messages = c.events(t, what); len(messages) < atLeast {
			return fmt.Sprintf("events %s: got %v, want %d", what, messages, atLeast)
		}
		return ""
	})
	return messages
}

// events returns the messages of the events of this type and reason.
func (c *cluster) events(t *testing.T, what string) (messages []string) {
	t.Helper()
	list, err := c.CoreV1().Events(c.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list.Items {
		if e.Source.Component == "replication-controller" && e.Type+" "+e.Reason == what {
			messages = append(messages, e.Message)
		}
	}
	return messages
}
