// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package hollow

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// readyWithin is how long the nodes of a cluster may take to be ready.
const readyWithin = 3 * time.Minute

// Ready waits until pods can run: all nodes are ready and have no taint. The
// error says how far it came.
func (c *Cluster) Ready(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.Plane.RESTConfig())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	ready := 0
	for {
		if list, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{}); err == nil {
			if ready = countReady(list.Items); ready == c.nodes {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d nodes are ready, see the logs beside %s: %w", ready, c.nodes, c.Manager.Log, ctx.Err())
		case <-c.Manager.Done():
			return fmt.Errorf("%s has ended, see %s", c.Manager.Name, c.Manager.Log)
		case <-tick.C:
		}
	}
}

func countReady(nodes []corev1.Node) int {
	ready := 0
	for i := range nodes {
		if isReady(&nodes[i]) {
			ready++
		}
	}
	return ready
}

func isReady(node *corev1.Node) bool {
	if len(node.Spec.Taints) > 0 {
		return false
	}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
