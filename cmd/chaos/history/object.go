// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// objectOf takes from an object what matters.
func objectOf(object runtime.Object) (Object, error) {
	switch object := object.(type) {
	case *corev1.Pod:
		o := named(object)
		if o.Weight = 1; object.DeletionTimestamp != nil || finished(object) {
			o.Weight = 0
		}
		return o, nil
	case *corev1.ReplicationController:
		o := named(object)
		o.Limit, o.Observed = replicas(object.Spec.Replicas), object.Status.ObservedGeneration
		return o, nil
	case *appsv1.ReplicaSet:
		o := named(object)
		o.Limit, o.Observed = replicas(object.Spec.Replicas), object.Status.ObservedGeneration
		if object.DeletionTimestamp == nil {
			o.Weight, o.Template = o.Limit, digest(object.Spec.Template)
		}
		return o, nil
	case *appsv1.Deployment:
		o := named(object)
		o.Limit, o.Observed = replicas(object.Spec.Replicas)+surge(object), object.Status.ObservedGeneration
		return o, nil
	}
	return Object{}, fmt.Errorf("%T is no kind that the history knows", object)
}

func named(object metav1.Object) Object {
	o := Object{
		Key: object.GetNamespace() + "/" + object.GetName(), UID: object.GetUID(), Generation: object.GetGeneration(),
	}
	if controller := metav1.GetControllerOf(object); controller != nil {
		o.Owner = controller.UID
	}
	return o
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func replicas(n *int32) int {
	if n == nil {
		return 1
	}
	return int(*n)
}

// surge is how many pods a Deployment may have beyond its replicas.
func surge(d *appsv1.Deployment) int {
	rolling := d.Spec.Strategy.RollingUpdate
	if d.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType || rolling == nil || replicas(d.Spec.Replicas) == 0 {
		return 0
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(rolling.MaxSurge, replicas(d.Spec.Replicas), true)
	if err != nil {
		return 0 // the API server lets only valid ones pass
	}
	return n
}

// digest is the same for two templates that differ at most in their hash label.
func digest(template corev1.PodTemplateSpec) string {
	template = *template.DeepCopy()
	delete(template.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	text, err := json.Marshal(template)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	hash := fnv.New64a()
	_, _ = hash.Write(text)
	return strconv.FormatUint(hash.Sum64(), 16)
}
