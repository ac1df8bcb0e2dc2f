// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestQuota: what is too much is refused, to people and to controllers, and
// deleting makes room.
func TestQuota(t *testing.T) {
	o := operate(t)
	o.eventually(func() string { // it counts
		_, err := o.CoreV1().ConfigMaps(o.namespace).Get(o.Context(), "kube-root-ca.crt", metav1.GetOptions{})
		return missing("the ConfigMap", err)
	})
	_, err := o.CoreV1().ResourceQuotas(o.namespace).Create(o.Context(), &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "small"},
		Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
			"pods": resource.MustParse("2"), "requests.cpu": resource.MustParse("1"), "count/configmaps": resource.MustParse("2"),
		}},
	}, metav1.CreateOptions{})
	o.must(err)
	o.used("count/configmaps=1 pods=0 requests.cpu=0")
	o.limits()

	o.admitted("a")
	err = o.configMap("b")
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "exceeded quota: small") {
		o.Errorf("one ConfigMap too many: got %v, want it to be forbidden", err)
	}
	o.must(o.CoreV1().ConfigMaps(o.namespace).Delete(o.Context(), "a", metav1.DeleteOptions{}))
	o.used("count/configmaps=1 pods=0 requests.cpu=0")
	o.admitted("b")

	d := deployment("web", 3)
	d.Spec.Template.Spec.Containers[0].Resources.Requests = corev1.ResourceList{"cpu": resource.MustParse("250m")}
	_, err = o.AppsV1().Deployments(o.namespace).Create(o.Context(), d, metav1.CreateOptions{})
	o.must(err)
	o.used("count/configmaps=2 pods=2 requests.cpu=500m")
	o.condition("web", appsv1.DeploymentReplicaFailure, corev1.ConditionTrue, "FailedCreate")
	o.told("ReplicaSet", o.revisions("web")["1"].Name, "FailedCreate", "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2")

	o.scale("web", 2)
	o.rolledOut("web")
	o.eventually(func() string {
		d, err := o.AppsV1().Deployments(o.namespace).Get(o.Context(), "web", metav1.GetOptions{})
		o.must(err)
		for _, c := range d.Status.Conditions {
			if c.Type == appsv1.DeploymentReplicaFailure {
				return fmt.Sprintf("the Deployment has what it wants, and still the condition %+v", c)
			}
		}
		return ""
	})
	o.deleteDeployment("web", metav1.DeletePropagationBackground)
	o.used("count/configmaps=2 pods=0 requests.cpu=0")
}

// limits waits for the API server to have seen the quota: it refuses a pod that
// does not say what it requests. It would not create it, either.
func (o *operator) limits() {
	o.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "vague"}, Spec: deployment("vague", 1).Spec.Template.Spec}
	o.eventually(func() string {
		_, err := o.CoreV1().Pods(o.namespace).Create(o.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "must specify requests.cpu") {
			return fmt.Sprintf("a pod that does not say what it requests: got %v, want it to be forbidden", err)
		}
		return ""
	})
}

// admitted creates a ConfigMap for which there is room. The API server may learn
// a moment after us that there is.
func (o *operator) admitted(name string) {
	o.Helper()
	o.eventually(func() string { return missing("ConfigMap "+name, o.configMap(name)) })
}

func (o *operator) configMap(name string) error {
	_, err := o.CoreV1().ConfigMaps(o.namespace).Create(o.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	return err
}

// used waits until the quota shows what it should, as kubectl describe quota.
func (o *operator) used(want string) {
	o.Helper()
	o.eventually(func() string {
		quota, err := o.CoreV1().ResourceQuotas(o.namespace).Get(o.Context(), "small", metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		var got []string
		for _, name := range []corev1.ResourceName{"count/configmaps", "pods", "requests.cpu"} {
			quantity := quota.Status.Used[name]
			got = append(got, string(name)+"="+quantity.String())
		}
		if text := strings.Join(got, " "); text != want || len(quota.Status.Hard) != len(got) {
			return fmt.Sprintf("used: got %s, want %s", text, want)
		}
		return ""
	})
}
