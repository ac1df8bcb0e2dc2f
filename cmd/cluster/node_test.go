// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/host/hosttest/hollow"
)

// TestNodeRanges: each node has a range of its own for its pods.
func TestNodeRanges(t *testing.T) {
	o := operate(t)
	list, err := o.CoreV1().Nodes().List(o.Context(), metav1.ListOptions{})
	o.must(err)
	all := netip.MustParsePrefix(hollow.ClusterCIDR)
	var ranges []netip.Prefix
	for i := range list.Items {
		n := &list.Items[i]
		r, err := netip.ParsePrefix(n.Spec.PodCIDR)
		o.must(err)
		if slices.ContainsFunc(ranges, r.Overlaps) || !all.Contains(r.Addr()) || r.Bits() != 24 || !slices.Equal(n.Spec.PodCIDRs, []string{n.Spec.PodCIDR}) {
			o.Errorf("%s has the ranges %v, want one /24 of %v that no other has: %v", n.Name, n.Spec.PodCIDRs, all, ranges)
		}
		ranges = append(ranges, r)
	}
	if len(ranges) != nodeCount {
		o.Errorf("got %d nodes, want %d", len(ranges), nodeCount)
	}
}

// TestSilentNode: a node that is not heard of any more loses its pods to others,
// and is one like the others when it is back.
func TestSilentNode(t *testing.T) {
	o := operate(t)
	d := deployment("web", 1)
	d.Spec.Template.Spec.Tolerations = tolerations()
	d.Spec.Template.Spec.Affinity = rather(loneNode)
	_, err := o.AppsV1().Deployments(o.namespace).Create(o.Context(), d, metav1.CreateOptions{})
	o.must(err)
	o.rolledOut("web")
	pod := o.pods()[0]
	if pod.Spec.NodeName != loneNode {
		o.Fatalf("the pod runs on %s, want %s", pod.Spec.NodeName, loneNode)
	}
	o.expose("web")
	o.reaches("web", 1)

	o.silence(`"true"`)
	o.nodeIs(corev1.ConditionUnknown, "NodeStatusUnknown", loneTaint+":NoSchedule", "node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule")
	o.told("Node", loneNode, "NodeNotReady", "status is now: NodeNotReady")
	o.told("Pod", pod.Name, "NodeNotReady", "Node is not ready")
	o.told("Pod", pod.Name, "TaintManagerEviction", "Marking for deletion Pod "+o.namespace+"/"+pod.Name)
	o.eventually(func() string { // the old one cannot end: nobody on its node says that it has
		var replaced, ending bool
		for _, p := range o.pods() {
			replaced = replaced || p.Spec.NodeName != loneNode && podReady(&p)
			ending = ending || p.UID == pod.UID && p.DeletionTimestamp != nil && !podReady(&p)
		}
		if !replaced || !ending {
			return fmt.Sprintf("pod replaced elsewhere: %t, old one being deleted and not ready: %t", replaced, ending)
		}
		return ""
	})
	o.rolledOut("web")
	o.reaches("web", 1)

	o.silence("null")
	o.nodeIs(corev1.ConditionTrue, "KubeletReady", loneTaint+":NoSchedule")
	o.eventually(func() string {
		_, err := o.CoreV1().Pods(o.namespace).Get(o.Context(), pod.Name, metav1.GetOptions{})
		return gone("the pod that was evicted", err)
	})
}

// tolerations let a pod run on the lone node, for a second after the node is
// lost.
func tolerations() []corev1.Toleration {
	second := int64(1)
	return []corev1.Toleration{
		{Key: loneTaint, Operator: corev1.TolerationOpExists},
		{Key: corev1.TaintNodeUnreachable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &second},
	}
}

// rather is a wish for a node.
func rather(node string) *corev1.Affinity {
	term := corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{
		{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{node}},
	}}
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{Weight: 100, Preference: term}},
	}}
}

// silence sets the annotation by which the hollow kubelet plays a lost node.
func (o *operator) silence(value string) {
	o.Helper()
	_, err := o.CoreV1().Nodes().Patch(o.Context(), loneNode, types.MergePatchType,
		[]byte(`{"metadata":{"annotations":{"hollow-kubelet/silent":`+value+`}}}`), metav1.PatchOptions{})
	o.must(err)
}

// nodeIs waits for the lone node to be ready or not, with exactly some taints.
func (o *operator) nodeIs(ready corev1.ConditionStatus, reason string, taints ...string) {
	o.Helper()
	o.eventually(func() string {
		node, err := o.CoreV1().Nodes().Get(o.Context(), loneNode, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		var got []string
		for _, taint := range node.Spec.Taints {
			got = append(got, fmt.Sprintf("%s:%s", taint.Key, taint.Effect))
		}
		slices.Sort(got)
		slices.Sort(taints)
		for _, c := range node.Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status == ready && c.Reason == reason && slices.Equal(got, taints) {
				return ""
			}
		}
		return fmt.Sprintf("%s has taints %q and conditions %+v, want %q and Ready=%s because of %s", node.Name, got, node.Status.Conditions, taints, ready, reason)
	})
}
