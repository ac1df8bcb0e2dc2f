// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// revisionOf is where a ReplicaSet says which revision of its Deployment it is.
const revisionOf = "deployment.kubernetes.io/revision"

// TestRollout is the life of a Deployment: create, expose, scale, a new image,
// undo, pause and resume, an image that does not come up, and undo again.
func TestRollout(t *testing.T) {
	o := operate(t)
	o.create("web", 3)
	o.rolledOut("web")
	o.told("Deployment", "web", "ScalingReplicaSet", "from 0 to 3")
	o.expose("web")
	o.reaches("web", 3)

	o.scale("web", 5)
	o.rolledOut("web")
	o.reaches("web", 5)

	o.setImage("web", "web:2")
	o.rolledOut("web")
	o.history("web", "1 web:1, 2 web:2")
	o.reaches("web", 5)

	o.undo("web")
	o.rolledOut("web")
	o.history("web", "2 web:2, 3 web:1")

	o.patch("web", `{"spec":{"paused":true}}`)
	o.setImage("web", "web:3")
	o.condition("web", appsv1.DeploymentProgressing, corev1.ConditionUnknown, "DeploymentPaused")
	o.history("web", "2 web:2, 3 web:1")
	o.patch("web", `{"spec":{"paused":false}}`)
	o.rolledOut("web")
	o.history("web", "2 web:2, 3 web:1, 4 web:3")

	// No node is big enough for the next one. The old pods stay in service.
	o.patch("web", `{"spec":{"progressDeadlineSeconds":2,"template":{"spec":{"containers":[{"name":"web","resources":{"requests":{"cpu":"100"}}}]}}}}`)
	o.condition("web", appsv1.DeploymentProgressing, corev1.ConditionFalse, "ProgressDeadlineExceeded")
	o.condition("web", appsv1.DeploymentAvailable, corev1.ConditionTrue, "MinimumReplicasAvailable")
	o.unschedulable("Insufficient cpu")
	o.reaches("web", 4)
	o.undo("web")
	o.rolledOut("web")
	o.reaches("web", 5)

	o.scale("web", 0)
	o.reaches("web", 0)

	const changes = 10 // that is how often the test has written
	d, err := o.AppsV1().Deployments(o.namespace).Get(o.Context(), "web", metav1.GetOptions{})
	o.must(err)
	if d.Generation != changes {
		o.Errorf("the Deployment is at generation %d, want the %d changes that people made", d.Generation, changes)
	}
}

// deployment is what kubectl create deployment makes.
func deployment(name string, replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: name, Image: name + ":1"}}},
			},
		},
	}
}

func (o *operator) create(name string, replicas int32) {
	o.Helper()
	_, err := o.AppsV1().Deployments(o.namespace).Create(o.Context(), deployment(name, replicas), metav1.CreateOptions{})
	o.must(err)
}

func (o *operator) patch(name, change string) {
	o.Helper()
	_, err := o.AppsV1().Deployments(o.namespace).Patch(o.Context(), name, types.StrategicMergePatchType, []byte(change), metav1.PatchOptions{})
	o.must(err)
}

func (o *operator) setImage(name, image string) {
	o.Helper()
	o.patch(name, fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":%q,"image":%q}]}}}}`, name, image))
}

// scale writes the subresource, as kubectl scale does.
func (o *operator) scale(name string, replicas int) {
	o.Helper()
	_, err := o.AppsV1().Deployments(o.namespace).Patch(o.Context(), name, types.MergePatchType,
		fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas), metav1.PatchOptions{}, "scale")
	o.must(err)
}

func (o *operator) expose(name string) {
	o.Helper()
	_, err := o.CoreV1().Services(o.namespace).Create(o.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": name},
			Ports:    []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}},
		},
	}, metav1.CreateOptions{})
	o.must(err)
}

// rolledOut waits for what kubectl rollout status waits for.
func (o *operator) rolledOut(name string) {
	o.Helper()
	o.eventually(func() string {
		d, err := o.AppsV1().Deployments(o.namespace).Get(o.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		want, s := *d.Spec.Replicas, &d.Status
		if s.ObservedGeneration == d.Generation && s.UpdatedReplicas == want && s.Replicas == want && s.AvailableReplicas == want {
			return ""
		}
		return fmt.Sprintf("Deployment %s at generation %d: got status %+v, want %d replicas up to date and available", name, d.Generation, *s, want)
	})
	o.condition(name, appsv1.DeploymentProgressing, corev1.ConditionTrue, "NewReplicaSetAvailable")
	o.condition(name, appsv1.DeploymentAvailable, corev1.ConditionTrue, "MinimumReplicasAvailable")
}

func (o *operator) condition(name string, kind appsv1.DeploymentConditionType, status corev1.ConditionStatus, reason string) {
	o.Helper()
	o.eventually(func() string {
		d, err := o.AppsV1().Deployments(o.namespace).Get(o.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		for _, c := range d.Status.Conditions {
			if d.Status.ObservedGeneration == d.Generation && c.Type == kind && c.Status == status && c.Reason == reason {
				return ""
			}
		}
		return fmt.Sprintf("Deployment %s at generation %d: got status %+v, want the condition %s=%s because of %s", name, d.Generation, d.Status, kind, status, reason)
	})
}

// history checks what kubectl rollout history lists: each revision and its image.
func (o *operator) history(name, want string) {
	o.Helper()
	var lines []string
	for revision, rs := range o.revisions(name) {
		lines = append(lines, revision+" "+rs.Spec.Template.Spec.Containers[0].Image)
	}
	slices.Sort(lines)
	if got := strings.Join(lines, ", "); got != want {
		o.Fatalf("history of %s: got %s, want %s", name, got, want)
	}
	d, err := o.AppsV1().Deployments(o.namespace).Get(o.Context(), name, metav1.GetOptions{})
	o.must(err)
	if latest, _, _ := strings.Cut(lines[len(lines)-1], " "); d.Annotations[revisionOf] != latest {
		o.Fatalf("Deployment %s: got revision %q, want %s", name, d.Annotations[revisionOf], latest)
	}
}

// revisions returns the ReplicaSets of a Deployment by revision, of which the
// test has less than ten.
func (o *operator) revisions(name string) map[string]appsv1.ReplicaSet {
	o.Helper()
	list, err := o.AppsV1().ReplicaSets(o.namespace).List(o.Context(), metav1.ListOptions{LabelSelector: "app=" + name})
	o.must(err)
	revisions := map[string]appsv1.ReplicaSet{}
	for _, rs := range list.Items {
		revisions[rs.Annotations[revisionOf]] = rs
	}
	if len(revisions) != len(list.Items) {
		o.Fatalf("got %d ReplicaSets with %d revisions, want one of each", len(list.Items), len(revisions))
	}
	return revisions
}

// undo does what kubectl rollout undo does: the template of the revision before
// the latest is put back, without the label that the controller gave it.
func (o *operator) undo(name string) {
	o.Helper()
	revisions := o.revisions(name)
	numbers := slices.Sorted(maps.Keys(revisions))
	rs := revisions[numbers[len(numbers)-2]]
	template := rs.Spec.Template
	delete(template.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	change, err := json.Marshal([]map[string]any{{"op": "replace", "path": "/spec/template", "value": template}})
	o.must(err)
	_, err = o.AppsV1().Deployments(o.namespace).Patch(o.Context(), name, types.JSONPatchType, change, metav1.PatchOptions{})
	o.must(err)
}

// unschedulable waits for the scheduler to say so of a pod.
func (o *operator) unschedulable(words string) {
	o.Helper()
	var name string
	o.eventually(func() string {
		pods, err := o.CoreV1().Pods(o.namespace).List(o.Context(), metav1.ListOptions{FieldSelector: "spec.nodeName="})
		if err != nil || len(pods.Items) == 0 {
			return fmt.Sprintf("no pod waits for a node (error %v)", err)
		}
		name = pods.Items[0].Name
		return ""
	})
	o.told("Pod", name, "FailedScheduling", words)
}
