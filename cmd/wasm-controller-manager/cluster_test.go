// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// cluster is the world around the processes of a test: ReplicationControllers
// that are only ever scaled up, so that no live pod may be one too many.
type cluster struct {
	t         *testing.T
	namespace string
	client    kubernetes.Interface

	mu    sync.Mutex
	asked map[string]int             // by name of the ReplicationController; guarded by mu
	alive map[string]map[string]bool // names of live pods, by the label app; guarded by mu
}

func newCluster(t *testing.T, plane *controlplane.Plane) *cluster {
	t.Helper()
	c := &cluster{
		t: t, namespace: plane.NamespaceFor(t), client: kubernetes.NewForConfigOrDie(plane.RESTConfig()),
		asked: map[string]int{}, alive: map[string]map[string]bool{},
	}
	pods, err := c.client.CoreV1().Pods(c.namespace).Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var watching sync.WaitGroup
	watching.Go(func() { // ends by Stop
		for event := range pods.ResultChan() {
			c.check(event)
		}
	})
	t.Cleanup(func() { pods.Stop(); watching.Wait() })
	return c
}

// check holds that there is never a pod too many.
func (c *cluster) check(event watch.Event) {
	pod, ok := event.Object.(*corev1.Pod)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	app := pod.Labels["app"]
	if c.alive[app] == nil {
		c.alive[app] = map[string]bool{}
	}
	delete(c.alive[app], pod.Name)
	if event.Type != watch.Deleted && pod.DeletionTimestamp == nil {
		c.alive[app][pod.Name] = true
	}
	if len(c.alive[app]) > c.asked[app] {
		c.t.Errorf("ReplicationController %s has %d live pods, asked for were %d", app, len(c.alive[app]), c.asked[app])
	}
}

func (c *cluster) ask(name string, replicas int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[name] = replicas
}

func (c *cluster) create(name string, replicas int) {
	c.t.Helper()
	c.ask(name, replicas)
	count := int32(replicas)
	_, err := c.client.CoreV1().ReplicationControllers(c.namespace).Create(c.t.Context(), &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ReplicationControllerSpec{Replicas: &count, Template: &corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": name}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) scale(name string, replicas int) {
	c.t.Helper()
	c.ask(name, replicas)
	patch := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas)
	_, err := c.client.CoreV1().ReplicationControllers(c.namespace).Patch(c.t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}, "scale")
	if err != nil {
		c.t.Fatal(err)
	}
}

// pods returns how many live pods there are.
func (c *cluster) pods() (count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, alive := range c.alive {
		count += len(alive)
	}
	return count
}

// reaches waits for a number of live pods.
func (c *cluster) reaches(count int) {
	c.t.Helper()
	hosttest.Eventually(c.t, func() string {
		if got := c.pods(); got < count {
			return fmt.Sprintf("%d live pods, want %d", got, count)
		}
		return ""
	})
}

// converges waits until every ReplicationController has what was asked for,
// and says so in its status.
func (c *cluster) converges() {
	c.t.Helper()
	hosttest.Eventually(c.t, func() string {
		list, err := c.client.CoreV1().ReplicationControllers(c.namespace).List(c.t.Context(), metav1.ListOptions{})
		if err != nil {
			return err.Error()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, rc := range list.Items {
			if alive := len(c.alive[rc.Name]); alive != c.asked[rc.Name] || int(rc.Status.Replicas) != alive || rc.Status.ObservedGeneration != rc.Generation {
				return fmt.Sprintf("ReplicationController %s: %d live pods and status %+v, want %d", rc.Name, alive, rc.Status, c.asked[rc.Name])
			}
		}
		return ""
	})
}

// turn is one state of a lease.
type turn struct {
	holder  string
	version uint64
}

// turns records every change of a lease's holder until stop is called.
func (c *cluster) turns(lease string) (stop func() []turn) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	leases, err := c.client.CoordinationV1().Leases(metav1.NamespaceSystem).Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + lease})
	if err != nil {
		c.t.Fatal(err)
	}
	var turns []turn
	var watching sync.WaitGroup
	watching.Go(func() { // ends by Stop
		for event := range leases.ResultChan() {
			l, ok := event.Object.(*coordinationv1.Lease)
			if !ok || l.Spec.HolderIdentity == nil || len(turns) > 0 && turns[len(turns)-1].holder == *l.Spec.HolderIdentity {
				continue
			}
			version, _ := strconv.ParseUint(l.ResourceVersion, 10, 64)
			turns = append(turns, turn{*l.Spec.HolderIdentity, version})
		}
	})
	return func() []turn {
		cancel()
		leases.Stop()
		watching.Wait()
		return turns
	}
}
