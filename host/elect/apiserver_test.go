// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// killed makes all requests of a client fail, as if its process were gone.
type killed struct {
	http.RoundTripper
	dead *atomic.Bool
}

func (k killed) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.dead.Load() {
		return nil, errors.New("the process is gone")
	}
	return k.RoundTripper.RoundTrip(r)
}

// On a real API server: the first leads, is killed, the second takes over when
// the lease has expired; it stops cleanly, the third takes over at once.
func TestElectOnAPIServer(t *testing.T) {
	plane := controlplane.Shared(t)
	namespace := plane.NamespaceFor(t)
	one, kill := newCandidate(t, plane, namespace, "one")
	one.start(t)
	until(t, "one leads", 10*time.Second, one.leads)
	two, _ := newCandidate(t, plane, namespace, "two")
	two.start(t)

	kill.Store(true)
	killedAt := time.Now()
	until(t, "two leads", 20*time.Second, two.leads)
	t.Logf("two leads %v after one was killed", time.Since(killedAt).Round(time.Millisecond))
	if one.CanWrite() == nil {
		t.Error("the killed leader may write although another one leads")
	}
	if err := <-one.result; !errors.Is(err, ErrLost) {
		t.Errorf("Run() of the killed one = %v, want %v", err, ErrLost)
	}

	three, _ := newCandidate(t, plane, namespace, "three")
	three.start(t)
	two.stop()
	stoppedAt := time.Now()
	if err := <-two.result; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	until(t, "three leads", 20*time.Second, three.leads)
	t.Logf("three leads %v after two was asked to stop", time.Since(stoppedAt).Round(time.Millisecond))
	if got, most := time.Since(stoppedAt), three.config.LeaseDuration; got > most {
		t.Errorf("handover took %v, want less than the lease duration %v", got, most)
	}
	three.stop()
	<-three.result
	expectEvents(t, plane, namespace, "one became leader", "two became leader", "two stopped leading", "three stopped leading")
}

func newCandidate(t *testing.T, plane *controlplane.Plane, namespace, identity string) (*master, *atomic.Bool) {
	t.Helper()
	config, dead := plane.RESTConfig(), &atomic.Bool{}
	config.Wrap(func(rt http.RoundTripper) http.RoundTripper { return killed{rt, dead} })
	client := newClient(t, config)
	c := DefaultConfiguration()
	c.ResourceNamespace = namespace
	c.LeaseDuration.Duration, c.RenewDeadline.Duration, c.RetryPeriod.Duration = 4*time.Second, 2*time.Second, 500*time.Millisecond
	e, err := New(Options{Configuration: c, Leases: client.CoordinationV1(), Watches: client.CoordinationV1(), Events: client.CoreV1(), Identity: identity})
	if err != nil {
		t.Fatal(err)
	}
	return &master{Elector: e, result: make(chan error, 1)}, dead
}

func newClient(t *testing.T, config *rest.Config) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func until(t *testing.T, what string, most time.Duration, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %v: %s", most, what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func expectEvents(t *testing.T, plane *controlplane.Plane, namespace string, messages ...string) {
	t.Helper()
	events, err := newClient(t, plane.RESTConfig()).CoreV1().Events(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events.Items {
		if e.InvolvedObject.Kind == "Lease" && e.Reason == "LeaderElection" {
			got = append(got, e.Message)
		}
	}
	all := strings.Join(got, "\n")
	for _, want := range messages {
		if !strings.Contains(all, want) {
			t.Errorf("events of the lease:\n%s\nwant also %q", all, want)
		}
	}
}
