// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
)

// TestCluster has many pods compete for little room on a real API server.
func TestCluster(t *testing.T) {
	c := stage.Start(t, stage.Options{Controllers: map[string]string{"scheduler": ""}})
	ctx := t.Context()
	const nodes, perNode, waiting = 4, 10, 5
	for i := range nodes {
		addNode(t, c, fmt.Sprintf("n%d", i), perNode)
	}
	for i := range nodes*perNode + waiting {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("p%02d", i)},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i", Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceCPU: quantity.MustParse("100m")},
			}}}},
		}
		if _, err := c.CoreV1().Pods(c.Namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var pods *corev1.PodList
	hosttest.Eventually(t, func() string {
		var err error
		if pods, err = c.CoreV1().Pods(c.Namespace).List(ctx, metav1.ListOptions{}); err != nil {
			return err.Error()
		}
		bound, refused := 0, 0
		for i := range pods.Items {
			if pods.Items[i].Spec.NodeName != "" {
				bound++
			} else if scheduled(&pods.Items[i]).Message == fmt.Sprintf("0/%d nodes are available: %d Insufficient cpu.", nodes, nodes) {
				refused++
			}
		}
		if bound < nodes*perNode || refused < waiting {
			return fmt.Sprintf("%d pods are bound and %d refused, want %d and %d", bound, refused, nodes*perNode, waiting)
		}
		return ""
	})
	count := map[string]int{}
	for i := range pods.Items {
		count[pods.Items[i].Spec.NodeName]++
	}
	for i := range nodes {
		if got := count[fmt.Sprintf("n%d", i)]; got != perNode {
			t.Errorf("pods on n%d: got %d, want %d", i, got, perNode)
		}
	}
	addNode(t, c, "more", perNode)
	hosttest.Eventually(t, func() string {
		on, err := c.CoreV1().Pods(c.Namespace).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=more"})
		if err != nil || len(on.Items) != waiting {
			return fmt.Sprintf("%d pods are on the new node, want %d (error %v)", len(on.Items), waiting, err)
		}
		return ""
	})
}

// scheduled returns the condition PodScheduled.
func scheduled(p *corev1.Pod) corev1.PodCondition {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled {
			return c
		}
	}
	return corev1.PodCondition{}
}

// addNode adds a node with room for so many pods of 100m, and takes away the
// taint that the API server gives each new node.
func addNode(t *testing.T, c *stage.Stage, name string, pods int64) {
	t.Helper()
	ctx := t.Context()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}}}
	if _, err := c.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	room := fmt.Sprintf(`{"status":{"allocatable":{"cpu":"%dm","memory":"1Gi","pods":"110"}}}`, pods*100)
	if _, err := c.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, []byte(room), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, []byte(`{"spec":{"taints":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}
