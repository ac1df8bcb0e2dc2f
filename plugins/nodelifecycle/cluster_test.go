// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"context"
	"fmt"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
)

// TestCluster lets a node fall silent on a real API server, with
// taint-eviction-controller beside: it becomes Unknown and is tainted, its pods
// become not ready, and those go that tolerate that for a second only.
func TestCluster(t *testing.T) {
	c := stage.Start(t, stage.Options{Controllers: map[string]string{
		"nodelifecycle": "settings: {nodeMonitorPeriod: 500ms, nodeMonitorGracePeriod: 3s}",
		"tainteviction": "",
	}})
	hosttest.Eventually(t, func() string {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: leaseNamespace}}
		_, err := c.CoreV1().Namespaces().Get(t.Context(), leaseNamespace, metav1.GetOptions{})
		if err != nil {
			_, err = c.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
		}
		if err != nil {
			return err.Error()
		}
		return ""
	})
	start(t, c, "steady")
	silence := start(t, c, "silent")
	addPod(t, c, "patient", nil)
	addPod(t, c, "brief", new(int64(1)))
	eventuallyNode(t, c, "silent", corev1.ConditionTrue)

	silence()
	eventuallyNode(t, c, "silent", corev1.ConditionUnknown, "node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute")
	hosttest.Eventually(t, func() string {
		brief, err := c.CoreV1().Pods(c.Namespace).Get(t.Context(), "brief", metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		if brief.DeletionTimestamp == nil || conditionOf(brief, corev1.PodReady) != corev1.ConditionFalse || conditionOf(brief, corev1.DisruptionTarget) != corev1.ConditionTrue {
			return fmt.Sprintf("pod brief is being deleted: %v, with conditions %v, want it evicted and not ready", brief.DeletionTimestamp, brief.Status.Conditions)
		}
		return ""
	})
	patient, err := c.CoreV1().Pods(c.Namespace).Get(t.Context(), "patient", metav1.GetOptions{})
	if err != nil || patient.DeletionTimestamp != nil || conditionOf(patient, corev1.PodReady) != corev1.ConditionFalse {
		t.Errorf("pod patient: got %+v, %v, want it there and not ready", patient, err)
	}

	start(t, c, "silent")
	eventuallyNode(t, c, "silent", corev1.ConditionTrue)
	eventuallyNode(t, c, "steady", corev1.ConditionTrue)
}

// start does what a kubelet does for its node: it registers it, says that it is
// ready, and renews its lease until stop is called.
func start(t *testing.T, c *stage.Stage, name string) (stop func()) {
	t.Helper()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := c.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{}); err != nil {
		if _, err := c.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: leaseNamespace, Name: name}}
		if _, err := c.CoordinationV1().Leases(leaseNamespace).Create(t.Context(), lease, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	ready := fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":%q}]}}`, time.Now().UTC().Format(time.RFC3339))
	if _, err := c.CoreV1().Nodes().Patch(t.Context(), name, types.StrategicMergePatchType, []byte(ready), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // ends by stop, or with the test
		defer close(done)
		for ticker := time.NewTicker(300 * time.Millisecond); ; {
			renewal := fmt.Sprintf(`{"spec":{"renewTime":%q}}`, time.Now().UTC().Format(metav1.RFC3339Micro))
			_, err := c.CoordinationV1().Leases(leaseNamespace).Patch(ctx, name, types.MergePatchType, []byte(renewal), metav1.PatchOptions{})
			if err != nil && ctx.Err() == nil {
				t.Errorf("renew the lease of %s: %v", name, err)
			}
			select {
			case <-ctx.Done():
				ticker.Stop()
				return
			case <-ticker.C:
			}
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

// addPod adds a pod on the silent node that runs and tolerates its taints, for
// some seconds or for ever.
func addPod(t *testing.T, c *stage.Stage, name string, seconds *int64) {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			NodeName:    "silent",
			Containers:  []corev1.Container{{Name: "c", Image: "i"}},
			Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: seconds}},
		},
	}
	if _, err := c.CoreV1().Pods(c.Namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	running := `{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}`
	if _, err := c.CoreV1().Pods(c.Namespace).Patch(t.Context(), name, types.StrategicMergePatchType, []byte(running), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
}

// eventuallyNode waits until a node has this Ready condition and these taints.
func eventuallyNode(t *testing.T, c *stage.Stage, name string, ready corev1.ConditionStatus, taints ...string) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		node, err := c.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		var is corev1.ConditionStatus
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady {
				is = condition.Status
			}
		}
		has := map[string]bool{}
		for _, taint := range node.Spec.Taints {
			has[taint.ToString()] = true
		}
		missing := len(has) != len(taints)
		for _, taint := range taints {
			missing = missing || !has[taint]
		}
		if is != ready || missing {
			return fmt.Sprintf("node %s is ready: %s, with taints %v, want %s and %v", name, is, has, ready, taints)
		}
		return ""
	})
}

func conditionOf(pod *corev1.Pod, name corev1.PodConditionType) corev1.ConditionStatus {
	for _, c := range pod.Status.Conditions {
		if c.Type == name {
			return c.Status
		}
	}
	return ""
}
