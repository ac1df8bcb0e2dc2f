// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func (u *user) createNamespace(ctx context.Context, name string) bool {
	done := u.do(ctx, "create Namespace", func(ctx context.Context) error {
		object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		_, err := u.client.CoreV1().Namespaces().Create(ctx, object, metav1.CreateOptions{})
		return unless(isThere, err)
	})
	if done {
		u.wish(func(w *Wishes) { w.Namespaces[name] = true })
	}
	return done
}

// deleteNamespace asks for a deletion, and does not wait for its end.
func (u *user) deleteNamespace(ctx context.Context, name string) {
	u.do(ctx, "delete Namespace", func(ctx context.Context) error {
		return unless(isGone, u.client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}))
	})
	u.wish(func(w *Wishes) { w.forget(name) })
}

// createService creates a Service for the pods of a workload: behind a load
// balancer for "two", without for others.
func (u *user) createService(ctx context.Context, namespace, app string) bool {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": app}, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if app == "two" {
		service.Spec.Type = corev1.ServiceTypeLoadBalancer
	}
	api := u.client.CoreV1().Services(namespace)
	done := u.do(ctx, "create Service", func(ctx context.Context) error {
		if _, err := api.Create(ctx, service, metav1.CreateOptions{}); !isThere(err) {
			return err
		}
		there, err := api.Get(ctx, app, metav1.GetOptions{})
		if err == nil && there.DeletionTimestamp != nil {
			return fmt.Errorf("service %s/%s is still being deleted, with the finalizers %v", namespace, app, there.Finalizers)
		}
		return err
	})
	if done {
		u.wish(func(w *Wishes) { w.Services[namespace+"/"+app] = true })
	}
	return done
}

func (u *user) deleteService(ctx context.Context, namespace, name string) {
	u.do(ctx, "delete Service", func(ctx context.Context) error {
		return unless(isGone, u.client.CoreV1().Services(namespace).Delete(ctx, name, metav1.DeleteOptions{}))
	})
	u.wish(func(w *Wishes) { delete(w.Services, namespace+"/"+name) })
}

// createConfigMap creates a ConfigMap, unless the quota is full.
func (u *user) createConfigMap(ctx context.Context, namespace, name string) {
	u.do(ctx, "create ConfigMap", func(ctx context.Context) error {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
		_, err := u.client.CoreV1().ConfigMaps(namespace).Create(ctx, object, metav1.CreateOptions{})
		return unless(apierrors.IsForbidden, unless(isThere, err))
	})
}

func (u *user) deleteConfigMap(ctx context.Context, namespace, name string) {
	u.do(ctx, "delete ConfigMap", func(ctx context.Context) error {
		return unless(isGone, u.client.CoreV1().ConfigMaps(namespace).Delete(ctx, name, metav1.DeleteOptions{}))
	})
}

// deletePod deletes one of the pods of a workload, as a user or a drain does.
func (u *user) deletePod(ctx context.Context, w *workload) {
	pick := u.Uint64()
	u.do(ctx, "delete Pod", func(ctx context.Context) error {
		pods := u.client.CoreV1().Pods(w.namespace)
		list, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "app=" + w.name})
		if err != nil || len(list.Items) == 0 {
			return err
		}
		name := list.Items[pick%uint64(len(list.Items))].Name
		return unless(isGone, pods.Delete(ctx, name, metav1.DeleteOptions{}))
	})
}

// quotaName is the name of every ResourceQuota.
const quotaName = "quota"

// setQuota creates or changes the quota of a namespace.
func (u *user) setQuota(ctx context.Context, namespace string, pods int) {
	u.do(ctx, "set ResourceQuota", func(ctx context.Context) error {
		hard := corev1.ResourceList{
			"pods": *resource.NewQuantity(int64(pods), resource.DecimalSI), "services": resource.MustParse("5"),
			"configmaps": resource.MustParse("5"), "count/replicationcontrollers": resource.MustParse("5"),
			"count/deployments.apps": resource.MustParse("5"),
		}
		api := u.client.CoreV1().ResourceQuotas(namespace)
		_, err := api.Create(ctx, &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Name: quotaName}, Spec: corev1.ResourceQuotaSpec{Hard: hard},
		}, metav1.CreateOptions{})
		if !isThere(err) {
			return err
		}
		patch := fmt.Sprintf(`{"spec":{"hard":{"pods":"%d"}}}`, pods)
		_, err = api.Patch(ctx, quotaName, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		return err
	})
}

// waitQuota waits until a quota of that many pods is in force.
func (u *user) waitQuota(ctx context.Context, namespace string, pods int64) {
	done := u.until(ctx, func(ctx context.Context) bool {
		quota, err := u.client.CoreV1().ResourceQuotas(namespace).Get(ctx, quotaName, metav1.GetOptions{})
		return err == nil && quota.Status.Hard.Pods().Value() == pods
	})
	if !done && ctx.Err() == nil {
		u.blame("the quota of %s is not in force %s after its change", namespace, patience)
	}
}
