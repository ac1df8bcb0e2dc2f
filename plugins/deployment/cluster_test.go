// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
)

// TestCluster plays on a real API server what people do with Deployments, with
// the ReplicaSets of our controller and the pods of the hollow kubelet.
func TestCluster(t *testing.T) {
	start := stage.Start(t, stage.Options{
		Controllers: map[string]string{"deployment": "", "replicaset": ""},
		Modules:     []string{"examples/hollow-kubelet"},
	})
	stories := map[string]func(*cluster){
		"Life":     live,
		"Broken":   breakAndRollBack,
		"Recreate": recreateAll,
		"TakeOver": takeOver,
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			story(&cluster{&stage.Stage{Interface: start.Interface, Plane: start.Plane, Namespace: start.Plane.NamespaceFor(t)}, t})
		})
	}
}

type cluster struct {
	*stage.Stage
	t *testing.T
}

// live creates, scales, rolls out, goes back, pauses and resumes.
func live(c *cluster) {
	c.create(3, "web:1")
	c.complete("web:1", 3)
	c.want(map[string]int32{"web:1": 3}, "1")
	c.scale(5)
	c.complete("web:1", 5)
	c.patch(useImage("web:2"))
	c.complete("web:2", 5)
	c.want(map[string]int32{"web:1": 0, "web:2": 5}, "2")
	c.wantEvent("Scaled up replica set " + c.sets()["web:2"].Name + " from 0 to 2")
	c.wantEvent("Scaled down replica set " + c.sets()["web:1"].Name + " from 5 to 4")
	c.patch(useImage("web:1")) // as kubectl rollout undo does
	c.complete("web:1", 5)
	c.want(map[string]int32{"web:1": 5, "web:2": 0}, "3")
	if got := c.sets()["web:1"].Annotations[annotationHistory]; got != "1" {
		c.t.Errorf("history of the first ReplicaSet: got %q, want 1", got)
	}

	c.patch(`{"spec":{"paused":true}}`)
	c.patch(useImage("web:3"))
	c.scale(2)
	c.eventually("a paused Deployment", func(d *appsv1.Deployment) bool {
		return d.Status.ObservedGeneration == d.Generation && d.Status.AvailableReplicas == 2 && d.Status.UpdatedReplicas == 0 &&
			progressing(d) == "Unknown DeploymentPaused"
	})
	c.patch(`{"spec":{"paused":false}}`)
	c.complete("web:3", 2)
	c.want(map[string]int32{"web:1": 0, "web:2": 0, "web:3": 2}, "4")

	c.patch(`{"spec":{"revisionHistoryLimit":1}}`)
	hosttest.Eventually(c.t, func() string {
		if got := slices.Sorted(maps.Keys(c.sets())); !slices.Equal(got, []string{"web:1", "web:3"}) {
			return fmt.Sprintf("ReplicaSets with a history of one: got %v, want web:1 and web:3", got)
		}
		return ""
	})
}

// breakAndRollBack rolls out what nobody schedules, scales meanwhile, and asks
// for the last revision.
func breakAndRollBack(c *cluster) {
	c.create(10, "web:1")
	c.complete("web:1", 10)
	c.patch(`{"spec":{"progressDeadlineSeconds":3,"strategy":{"rollingUpdate":{"maxSurge":3,"maxUnavailable":2}},"template":{"spec":{"schedulerName":"nobody","containers":[{"name":"c","image":"web:2"}]}}}}`)
	c.sizes(map[string]int32{"web:1": 8, "web:2": 5})
	c.eventually("a rollout past its deadline", func(d *appsv1.Deployment) bool {
		return progressing(d) == "False ProgressDeadlineExceeded"
	})
	c.scale(30)
	c.sizes(map[string]int32{"web:1": 20, "web:2": 13})
	c.patch(`{"metadata":{"annotations":{"deprecated.deployment.rollback.to":"0"}}}`)
	c.complete("web:1", 30)
	c.want(map[string]int32{"web:1": 30, "web:2": 0}, "3")
	c.wantEvent(`Rolled back deployment "web" to revision 1`)
}

// recreateAll looks at every event of pods whether old and new ones meet.
func recreateAll(c *cluster) {
	c.create(3, "web:1")
	c.complete("web:1", 3)
	watch, err := c.CoreV1().Pods(c.Namespace).Watch(c.t.Context(), metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		c.t.Fatal(err)
	}
	defer watch.Stop()
	c.patch(`{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null},"template":{"spec":{"containers":[{"name":"c","image":"web:2"}]}}}}`)
	living, started := map[types.UID]string{}, 0
	for started < 3 {
		event := <-watch.ResultChan()
		pod, isPod := event.Object.(*corev1.Pod)
		if !isPod {
			c.t.Fatalf("watch: got %s with %v", event.Type, event.Object)
		}
		if event.Type == "DELETED" {
			delete(living, pod.UID)
			continue
		}
		image := pod.Spec.Containers[0].Image
		if image == "web:2" && living[pod.UID] == "" {
			started++
		}
		living[pod.UID] = image
		images := slices.Compact(slices.Sorted(maps.Values(living)))
		if len(images) > 1 {
			c.t.Fatalf("pods of %v live at once, want the old ones gone before", images)
		}
	}
	c.complete("web:2", 3)
}

// takeOver finds the ReplicaSet of another controller, with a hash of another
// kind, and keeps its pods.
func takeOver(c *cluster) {
	labels := map[string]string{"app": "web", "pod-template-hash": "6d4b75cb6d"}
	d := newDeployment(2, "web:1")
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: "web-6d4b75cb6d", Labels: labels},
		Spec:       appsv1.ReplicaSetSpec{Replicas: d.Spec.Replicas, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: d.Spec.Template},
	}
	rs.Spec.Template.Labels = labels
	if _, err := c.AppsV1().ReplicaSets(c.Namespace).Create(c.t.Context(), rs, metav1.CreateOptions{}); err != nil {
		c.t.Fatal(err)
	}
	// The caches of the two kinds fill side by side; this one has it once a
	// controller of the same host has written its status.
	hosttest.Eventually(c.t, func() string {
		if got := c.sets()["web:1"].Status; got.ObservedGeneration == 0 {
			return fmt.Sprintf("ReplicaSet before its Deployment: got status %+v, want it observed", got)
		}
		return ""
	})
	c.create(2, "web:1")
	c.complete("web:1", 2)
	c.want(map[string]int32{"web:1": 2}, "1")
	if got := c.sets()["web:1"]; got.Name != rs.Name || metav1.GetControllerOf(got) == nil {
		c.t.Errorf("ReplicaSet: got %s with owners %v, want %s adopted", got.Name, got.OwnerReferences, rs.Name)
	}
}

func newDeployment(replicas int32, image string) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: image}}},
			},
		},
	}
}

func useImage(image string) string {
	return `{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"` + image + `"}]}}}}`
}

func (c *cluster) create(replicas int32, image string) {
	c.t.Helper()
	if _, err := c.AppsV1().Deployments(c.Namespace).Create(c.t.Context(), newDeployment(replicas, image), metav1.CreateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) patch(patch string) {
	c.t.Helper()
	if _, err := c.AppsV1().Deployments(c.Namespace).Patch(c.t.Context(), "web", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) scale(replicas int32) {
	c.t.Helper()
	scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: autoscalingv1.ScaleSpec{Replicas: replicas}}
	if _, err := c.AppsV1().Deployments(c.Namespace).UpdateScale(c.t.Context(), "web", scale, metav1.UpdateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

// eventually waits until the Deployment is as it is to be.
func (c *cluster) eventually(what string, is func(*appsv1.Deployment) bool) {
	c.t.Helper()
	hosttest.Eventually(c.t, func() string {
		d, err := c.AppsV1().Deployments(c.Namespace).Get(c.t.Context(), "web", metav1.GetOptions{})
		if err != nil || !is(d) {
			return fmt.Sprintf("%s: got generation %d with status %+v (error %v)", what, d.Generation, d.Status, err)
		}
		return ""
	})
}

// complete waits until all pods have the image and are available, and the
// status says so.
func (c *cluster) complete(image string, replicas int32) {
	c.t.Helper()
	c.eventually("a rollout of "+image, func(d *appsv1.Deployment) bool {
		s := d.Status
		return s.ObservedGeneration == d.Generation && s.Replicas == replicas && s.UpdatedReplicas == replicas &&
			s.AvailableReplicas == replicas && s.UnavailableReplicas == 0 && d.Spec.Template.Spec.Containers[0].Image == image &&
			progressing(d) == "True NewReplicaSetAvailable"
	})
}

// progressing returns status and reason of the condition.
func progressing(d *appsv1.Deployment) string {
	for _, condition := range d.Status.Conditions {
		if condition.Type == appsv1.DeploymentProgressing {
			return string(condition.Status) + " " + condition.Reason
		}
	}
	return ""
}

// sets returns the ReplicaSets by image.
func (c *cluster) sets() map[string]*appsv1.ReplicaSet {
	c.t.Helper()
	list, err := c.AppsV1().ReplicaSets(c.Namespace).List(c.t.Context(), metav1.ListOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	sets := map[string]*appsv1.ReplicaSet{}
	for i := range list.Items {
		sets[list.Items[i].Spec.Template.Spec.Containers[0].Image] = &list.Items[i]
	}
	return sets
}

// sizes waits until the ReplicaSets have these sizes.
func (c *cluster) sizes(want map[string]int32) {
	c.t.Helper()
	hosttest.Eventually(c.t, func() string {
		got := map[string]int32{}
		for image, rs := range c.sets() {
			got[image] = *rs.Spec.Replicas
		}
		return cmp.Diff(want, got)
	})
}

// want expects sizes of the ReplicaSets and the revision of the Deployment.
func (c *cluster) want(sizes map[string]int32, revision string) {
	c.t.Helper()
	c.sizes(sizes)
	d, err := c.AppsV1().Deployments(c.Namespace).Get(c.t.Context(), "web", metav1.GetOptions{})
	if err != nil || d.Annotations[annotationRevision] != revision {
		c.t.Errorf("revision: got %q (error %v), want %s", d.Annotations[annotationRevision], err, revision)
	}
}

// wantEvent waits for an event about the Deployment that begins so.
func (c *cluster) wantEvent(message string) {
	c.t.Helper()
	hosttest.Eventually(c.t, func() string {
		list, err := c.CoreV1().Events(c.Namespace).List(c.t.Context(), metav1.ListOptions{})
		if err != nil {
			return err.Error()
		}
		var messages []string
		for _, e := range list.Items {
			if e.Source.Component != "deployment-controller" || e.InvolvedObject.Kind != "Deployment" {
				continue
			}
			if messages = append(messages, e.Message); strings.HasPrefix(e.Message, message) {
				return ""
			}
		}
		return fmt.Sprintf("event %q: not among %q", message, messages)
	})
}
