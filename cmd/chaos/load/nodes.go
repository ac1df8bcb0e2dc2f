// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// nodes is the story of a node that is deleted now and then. Its kubelet
// registers it again, and it has to get addresses for its pods again.
func nodes(ctx context.Context, u *user) {
	for u.goesOn(ctx) {
		if u.IntN(5) > 0 {
			continue
		}
		if old, ok := u.deleteNode(ctx); ok {
			u.waitNode(ctx, old)
		}
	}
}

// deleteNode deletes a node, another one for each user if there are enough.
func (u *user) deleteNode(ctx context.Context) (*corev1.Node, bool) {
	var node *corev1.Node
	api := u.client.CoreV1().Nodes()
	done := u.do(ctx, "delete Node", func(ctx context.Context) error {
		if node == nil {
			list, err := api.List(ctx, metav1.ListOptions{})
			if err != nil || len(list.Items) == 0 {
				return err
			}
			node = &list.Items[u.number%len(list.Items)]
		}
		uid := node.UID
		return unless(isGone, unless(isOther, api.Delete(ctx, node.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})))
	})
	return node, done && node != nil
}

// waitNode waits until a node is back as another one, ready for pods.
func (u *user) waitNode(ctx context.Context, old *corev1.Node) {
	done := u.until(ctx, func(ctx context.Context) bool {
		node, err := u.client.CoreV1().Nodes().Get(ctx, old.Name, metav1.GetOptions{})
		return err == nil && isBack(node, old.UID)
	})
	if !done && ctx.Err() == nil {
		u.blame("node %s is not ready again %s after its deletion", old.Name, patience)
	}
}

func isBack(node *corev1.Node, old types.UID) bool {
	return node.UID != old && node.Spec.PodCIDR != "" && len(node.Spec.Taints) == 0
}
