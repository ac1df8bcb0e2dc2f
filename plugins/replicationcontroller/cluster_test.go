// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// scaling is how long TestNeverTooMany goes on. The promise deserves a
// minute; pass -scaling=10s for a quick look.
var scaling = flag.Duration("scaling", time.Minute, "how long TestNeverTooMany scales at random")

// alwaysLeader leads from the first moment to the last.
type alwaysLeader struct{}

func (alwaysLeader) CanWrite() error { return nil }
func (alwaysLeader) Run(ctx context.Context, lead func(context.Context) error) error {
	return lead(ctx)
}

// cluster is a real API server with a host that runs this plugin and the
// hollow kubelet, both as wasm.
type cluster struct {
	kubernetes.Interface
	namespace string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	plane := controlplane.Shared(t)
	folder := t.TempDir()
	for _, source := range []string{"plugins/replicationcontroller", "examples/hollow-kubelet"} {
		hosttest.BuildPlugin(t, source, filepath.Join(folder, filepath.Base(source)+".wasm"))
	}
	registry := prometheus.NewRegistry()
	config := plane.RESTConfig()
	config.QPS, config.Burst = 1000, 2000
	h, err := host.New(host.Options{
		Config: config, PluginDir: folder, Leadership: alwaysLeader{},
		LeaseNamespace: metav1.NamespaceSystem, LeaseName: "wasm-controller-manager",
		Registerer: registry, Metrics: metric.New(registry),
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }() // ends by stop; the cleanup waits
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Host.Run: %v", err)
		}
	})
	return &cluster{kubernetes.NewForConfigOrDie(config), plane.NamespaceFor(t)}
}

func (c *cluster) create(t *testing.T, name string, replicas int32) *corev1.ReplicationController {
	t.Helper()
	rc, err := c.CoreV1().ReplicationControllers(c.namespace).Create(t.Context(), &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ReplicationControllerSpec{Replicas: &replicas, Template: &corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": name}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return rc
}

// scale asks for a number of replicas through the scale subresource.
func (c *cluster) scale(t *testing.T, name string, replicas int32) {
	t.Helper()
	scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: autoscalingv1.ScaleSpec{Replicas: replicas}}
	if _, err := c.CoreV1().ReplicationControllers(c.namespace).UpdateScale(t.Context(), name, scale, metav1.UpdateOptions{}); err != nil {
		t.Fatalf("scale %s to %d: %v", name, replicas, err)
	}
}

// settle waits until the status reports that what is asked for is there.
func (c *cluster) settle(t *testing.T, name string) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		rc, err := c.CoreV1().ReplicationControllers(c.namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil || !reported(rc) {
			return fmt.Sprintf("status of %s: %+v for %d replicas of generation %d (error %v)", name, rc.Status, *rc.Spec.Replicas, rc.Generation, err)
		}
		return ""
	})
}

func reported(rc *corev1.ReplicationController) bool {
	return rc.Status.ObservedGeneration == rc.Generation && rc.Status.Replicas == *rc.Spec.Replicas
}

// recorder collects every event about pods and replication controllers.
type recorder struct {
	mu      sync.Mutex
	moments []moment               // guarded by mu
	pods    map[string]*corev1.Pod // by uid: those that live; guarded by mu
	stopped bool                   // guarded by mu
	watches []watch.Interface
	done    sync.WaitGroup
}

// record watches the namespace from the revision before which it was empty.
func (c *cluster) record(t *testing.T, revision string) *recorder {
	t.Helper()
	r := &recorder{pods: map[string]*corev1.Pod{}}
	from := metav1.ListOptions{ResourceVersion: revision}
	pods, err := c.CoreV1().Pods(c.namespace).Watch(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	controllers, err := c.CoreV1().ReplicationControllers(c.namespace).Watch(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	r.watches = []watch.Interface{pods, controllers}
	for _, w := range r.watches {
		r.done.Go(func() { // ends when the watch is stopped; stop waits
			for e := range w.ResultChan() {
				r.note(t, e)
			}
		})
	}
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *recorder) stop() []moment {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	for _, w := range r.watches {
		w.Stop()
	}
	r.done.Wait()
	return r.moments
}

func (r *recorder) note(t *testing.T, e watch.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch o := e.Object.(type) {
	case *corev1.Pod:
		live := e.Type != watch.Deleted && o.DeletionTimestamp == nil &&
			o.Status.Phase != corev1.PodSucceeded && o.Status.Phase != corev1.PodFailed && metav1.GetControllerOf(o) != nil
		if live {
			r.pods[string(o.UID)] = o
		} else {
			delete(r.pods, string(o.UID))
		}
		r.moments = append(r.moments, moment{revision: revisionOf(t, o), pod: string(o.UID), live: live})
	case *corev1.ReplicationController:
		r.moments = append(r.moments, moment{revision: revisionOf(t, o), asked: int(*o.Spec.Replicas), reported: reported(o)})
	default:
		if !r.stopped {
			t.Errorf("watch: got event %s with %v", e.Type, e.Object)
		}
	}
}

func revisionOf(t *testing.T, o metav1.Object) uint64 {
	revision, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	if err != nil {
		t.Errorf("resource version of %s: %v", o.GetName(), err)
	}
	return revision
}

// victim returns a pod that lives, nil if none does.
func (r *recorder) victim(random *rand.Rand) *corev1.Pod {
	r.mu.Lock()
	defer r.mu.Unlock()
	skip := 0
	if len(r.pods) > 0 {
		skip = random.IntN(len(r.pods))
	}
	for _, p := range r.pods {
		if skip == 0 {
			return p
		}
		skip--
	}
	return nil
}

// TestNeverTooMany scales up and down at random, and deletes, finishes and
// takes away pods meanwhile. On no event of any watch may there be more pods
// than the highest number asked for since the controller last settled.
func TestNeverTooMany(t *testing.T) {
	c := newCluster(t)
	rc := c.create(t, "web", 0)
	r := c.record(t, rc.ResourceVersion)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pods := c.CoreV1().Pods(c.namespace)
	for end := time.Now().Add(*scaling); time.Now().Before(end); {
		switch p := r.victim(random); random.IntN(6) {
		case 0, 1:
			c.scale(t, "web", random.Int32N(12))
		case 2:
			c.settle(t, "web")
		case 3: // as kubectl delete
			if p != nil {
				_ = pods.Delete(t.Context(), p.Name, metav1.DeleteOptions{}) // it may be gone already
			}
		case 4: // taken out by its label
			if p != nil {
				patch := []byte(`{"metadata":{"labels":{"app":"debug"}}}`)
				_, _ = pods.Patch(t.Context(), p.Name, "application/merge-patch+json", patch, metav1.PatchOptions{})
			}
		case 5: // gone at once, without a word
			if p != nil {
				_ = pods.Delete(t.Context(), p.Name, *metav1.NewDeleteOptions(0))
			}
		}
	}
	c.scale(t, "web", 3)
	c.settle(t, "web")
	events := r.stop()
	settled, err := audit(events)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d events, settled %d times", len(events), settled)
	if settled < 3 || len(events) < 100 {
		t.Errorf("audit of %d events: settled %d times; too few to mean anything", len(events), settled)
	}
}
