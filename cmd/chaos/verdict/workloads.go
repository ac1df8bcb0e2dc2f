// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// checkWorkloads checks that the wanted workloads are there, no other ones, and
// that their status says that they are what they should be.
func (v *verdict) checkWorkloads() {
	there := map[string]bool{}
	wanted := func(kind string, o metav1.Object, replicas *int32) {
		if metav1.GetControllerOf(o) != nil {
			return
		}
		key := kind + " " + o.GetNamespace() + "/" + o.GetName()
		there[key] = true
		wish, wanted := v.wishes.Workloads[key]
		if !wanted {
			v.blame("%s is there, and nobody's", key)
			return
		}
		same(v, key, "spec.replicas", int(*replicas), wish.Replicas)
	}
	for i := range v.Deployments {
		d := &v.Deployments[i]
		wanted("Deployment", d, d.Spec.Replicas)
		v.checkDeployment(d)
	}
	for i := range v.ReplicaSets {
		s := &v.ReplicaSets[i]
		wanted("ReplicaSet", s, s.Spec.Replicas)
		v.checkCounts("ReplicaSet", s, *s.Spec.Replicas,
			s.Status.ObservedGeneration, s.Status.Replicas, s.Status.ReadyReplicas, s.Status.AvailableReplicas)
	}
	for i := range v.ReplicationControllers {
		c := &v.ReplicationControllers[i]
		wanted("ReplicationController", c, c.Spec.Replicas)
		v.checkCounts("ReplicationController", c, *c.Spec.Replicas,
			c.Status.ObservedGeneration, c.Status.Replicas, c.Status.ReadyReplicas, c.Status.AvailableReplicas)
	}
	for key := range v.wishes.Workloads {
		if !there[key] {
			v.blame("%s is missing", key)
		}
	}
}

// checkCounts checks the pods of a workload and what its status says of them.
func (v *verdict) checkCounts(kind string, o metav1.Object, replicas int32, observed int64, counts ...int32) {
	who := kind + " " + o.GetNamespace() + "/" + o.GetName()
	same(v, who, "observedGeneration", observed, o.GetGeneration())
	same(v, who, "number of pods", v.podsOf(o.GetUID()), int(replicas))
	for i, what := range []string{"status.replicas", "readyReplicas", "availableReplicas"} {
		same(v, who, what, counts[i], replicas)
	}
}

func (v *verdict) podsOf(owner types.UID) int {
	n := 0
	for i := range v.Pods {
		if controller := metav1.GetControllerOf(&v.Pods[i]); controller != nil && controller.UID == owner {
			n++
		}
	}
	return n
}

func (v *verdict) checkDeployment(d *appsv1.Deployment) {
	who, replicas := "Deployment "+d.Namespace+"/"+d.Name, *d.Spec.Replicas
	same(v, who, "observedGeneration", d.Status.ObservedGeneration, d.Generation)
	same(v, who, "status.replicas", d.Status.Replicas, replicas)
	same(v, who, "updatedReplicas", d.Status.UpdatedReplicas, replicas)
	same(v, who, "readyReplicas", d.Status.ReadyReplicas, replicas)
	same(v, who, "availableReplicas", d.Status.AvailableReplicas, replicas)
	same(v, who, "paused", d.Spec.Paused, false)
	image := v.wishes.Workloads[who].Image
	same(v, who, "image", d.Spec.Template.Spec.Containers[0].Image, image)
	current := 0
	for i := range v.ReplicaSets {
		s := &v.ReplicaSets[i]
		if controller := metav1.GetControllerOf(s); controller == nil || controller.UID != d.UID || *s.Spec.Replicas == 0 {
			continue
		}
		current++
		same(v, who, "image of ReplicaSet "+s.Name, s.Spec.Template.Spec.Containers[0].Image, image)
	}
	same(v, who, "number of ReplicaSets with pods", current, int(min(replicas, 1)))
}

// checkPods checks that each pod has a controller, and runs.
func (v *verdict) checkPods() {
	for i := range v.Pods {
		p := &v.Pods[i]
		who := "pod " + p.Namespace + "/" + p.Name
		if metav1.GetControllerOf(p) == nil {
			v.blame("%s is nobody's", who)
		}
		same(v, who, "phase", p.Status.Phase, corev1.PodRunning)
		same(v, who, "condition Ready", ready(p), true)
	}
}

func ready(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
