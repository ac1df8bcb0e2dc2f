// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// scaling is how long TestNeverTooMany goes on. The promise deserves a
// minute; pass -scaling=10s for a quick look.
var scaling = flag.Duration("scaling", time.Minute, "how long TestNeverTooMany scales at random")

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
