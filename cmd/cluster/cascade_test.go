// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// hold is a finalizer that keeps an object until the test takes it away.
const hold = "operator.test/hold"

// TestDeleteInBackground: the Deployment goes at once, the rest after it.
func TestDeleteInBackground(t *testing.T) {
	o := operate(t)
	o.create("web", 3)
	o.rolledOut("web")
	o.deleteDeployment("web", metav1.DeletePropagationBackground)
	_, err := o.AppsV1().Deployments(o.namespace).Get(o.Context(), "web", metav1.GetOptions{})
	if missing := gone("the Deployment", err); missing != "" {
		o.Error(missing)
	}
	o.remain("0 ReplicaSets, 0 pods")
}

// TestDeleteInForeground: the Deployment goes last.
func TestDeleteInForeground(t *testing.T) {
	o := operate(t)
	o.create("web", 3)
	o.rolledOut("web")
	held := o.pods()[0].Name
	o.patchPod(held, `{"metadata":{"finalizers":["`+hold+`"]}}`)
	o.deleteDeployment("web", metav1.DeletePropagationForeground)
	o.remain("1 ReplicaSets, 1 pods")
	d, err := o.AppsV1().Deployments(o.namespace).Get(o.Context(), "web", metav1.GetOptions{})
	o.must(err)
	if d.DeletionTimestamp == nil || len(d.Finalizers) != 1 || d.Finalizers[0] != metav1.FinalizerDeleteDependents {
		o.Errorf("the Deployment has deletionTimestamp %v and finalizers %q, want it to wait for its dependents", d.DeletionTimestamp, d.Finalizers)
	}
	o.patchPod(held, `{"metadata":{"finalizers":null}}`)
	o.eventually(func() string {
		_, err := o.AppsV1().Deployments(o.namespace).Get(o.Context(), "web", metav1.GetOptions{})
		return gone("the Deployment", err)
	})
	if got := o.left(); got != "0 ReplicaSets, 0 pods" {
		o.Errorf("the Deployment is gone before its dependents: %s are left", got)
	}
}

// TestDeleteAndOrphan: what is left behind has no owner, runs on, and is adopted
// by the next Deployment that would make the same.
func TestDeleteAndOrphan(t *testing.T) {
	o := operate(t)
	o.create("web", 2)
	o.rolledOut("web")
	before := fmt.Sprint(o.podNames())
	o.deleteDeployment("web", metav1.DeletePropagationOrphan)
	o.eventually(func() string {
		list, err := o.AppsV1().ReplicaSets(o.namespace).List(o.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 1 || len(list.Items[0].OwnerReferences) > 0 {
			return fmt.Sprintf("got ReplicaSets %+v (error %v), want one without owner", list.Items, err)
		}
		_, err = o.AppsV1().Deployments(o.namespace).Get(o.Context(), "web", metav1.GetOptions{})
		return gone("the Deployment", err)
	})
	o.create("web", 2)
	o.rolledOut("web")
	o.history("web", "1 web:1")
	if after := fmt.Sprint(o.podNames()); after != before {
		o.Errorf("got pods %s after the Deployment was made again, want %s still", after, before)
	}
}

func (o *operator) deleteDeployment(name string, how metav1.DeletionPropagation) {
	o.Helper()
	o.must(o.AppsV1().Deployments(o.namespace).Delete(o.Context(), name, metav1.DeleteOptions{PropagationPolicy: &how}))
}

func (o *operator) patchPod(name, change string) {
	o.Helper()
	_, err := o.CoreV1().Pods(o.namespace).Patch(o.Context(), name, types.MergePatchType, []byte(change), metav1.PatchOptions{})
	o.must(err)
}

func (o *operator) pods() []corev1.Pod {
	o.Helper()
	list, err := o.CoreV1().Pods(o.namespace).List(o.Context(), metav1.ListOptions{})
	o.must(err)
	return list.Items
}

// podNames are the names in the order of the API server, which is theirs.
func (o *operator) podNames() []string {
	o.Helper()
	var names []string
	for _, p := range o.pods() {
		names = append(names, p.Name)
	}
	return names
}

// left counts what Deployments own.
func (o *operator) left() string {
	o.Helper()
	list, err := o.AppsV1().ReplicaSets(o.namespace).List(o.Context(), metav1.ListOptions{})
	o.must(err)
	return fmt.Sprintf("%d ReplicaSets, %d pods", len(list.Items), len(o.pods()))
}

func (o *operator) remain(want string) {
	o.Helper()
	o.eventually(func() string {
		if got := o.left(); got != want {
			return fmt.Sprintf("%s are left, want %s", got, want)
		}
		return ""
	})
}
