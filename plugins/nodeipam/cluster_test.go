// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodeipam

import (
	"fmt"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
)

// TestCluster has nodes come at once, one host after the other, on a real API
// server, until there are no ranges left.
func TestCluster(t *testing.T) {
	start := func(t *testing.T) *stage.Stage {
		return stage.Start(t, stage.Options{Controllers: map[string]string{
			"nodeipam": "settings: {allocateNodeCIDRs: true, clusterCIDR: '10.244.0.0/20,fd00:10:244::/56'}", // 16 and 256
		}})
	}
	t.Run("first", func(t *testing.T) {
		c := start(t)
		addNodes(t, c, "a", 10)
		expectRanges(t, c, 10)
	})
	t.Run("second", func(t *testing.T) {
		c := start(t)
		addNodes(t, c, "b", 8)
		expectRanges(t, c, 16)
		hosttest.Eventually(t, func() string {
			events, err := c.CoreV1().Events("").List(t.Context(), metav1.ListOptions{FieldSelector: "reason=CIDRNotAvailable"})
			if err != nil || len(events.Items) < 2 {
				return fmt.Sprintf("got %d events CIDRNotAvailable (error %v), want one for each node without range", len(events.Items), err)
			}
			return ""
		})
		for _, name := range []string{"a0", "a1"} {
			if err := c.CoreV1().Nodes().Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		expectRanges(t, c, 16)
	})
}

func addNodes(t *testing.T, c *stage.Stage, prefix string, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { // ends with its request
			node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(prefix, i)}}
			if _, err := c.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// expectRanges waits until so many nodes have ranges, of which no two are equal.
func expectRanges(t *testing.T, c *stage.Stage, want int) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		nodes, err := c.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return err.Error()
		}
		owners, assigned := map[string]string{}, 0
		for _, node := range nodes.Items {
			if len(node.Spec.PodCIDRs) > 0 {
				assigned++
			}
			for _, r := range node.Spec.PodCIDRs {
				if owners[r] != "" {
					t.Fatalf("nodes %s and %s both have %s", owners[r], node.Name, r)
				}
				owners[r] = node.Name
			}
		}
		if assigned != want || len(owners) != 2*want {
			return fmt.Sprintf("%d nodes have ranges, %d in all, want %d nodes with 2 each", assigned, len(owners), want)
		}
		return ""
	})
}
