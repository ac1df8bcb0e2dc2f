// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	coordinationv1client "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// watched is the API server's Lease with watches that tell of it, or do not.
type watched struct {
	*leases
	refuse error

	mu       sync.Mutex
	watchers []*watch.RaceFreeFakeWatcher
	silent   bool
}

func newWatched() *watched {
	w := &watched{leases: &leases{}}
	w.changed = w.tell
	return w
}

func (w *watched) Leases(string) coordinationv1client.LeaseInterface { return w }

func (w *watched) Watch(_ context.Context, o metav1.ListOptions) (watch.Interface, error) {
	if want := "metadata.name=wasm-controller-manager"; o.FieldSelector != want {
		return nil, errors.New("watch of " + o.FieldSelector + ", want " + want)
	}
	if w.refuse != nil {
		return nil, w.refuse
	}
	watcher := watch.NewRaceFreeFake()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watchers = append(w.watchers, watcher)
	return watcher, nil
}

func (w *watched) tell(l *coordinationv1.Lease) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, watcher := range w.watchers {
		if !w.silent && !watcher.IsStopped() {
			watcher.Modify(l)
		}
	}
}

func (w *watched) hush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent = true
}

// renewed is when the Lease was last renewed, by the holder's clock.
func (s *leases) renewed() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lease.Spec.RenewTime.Time
}

func watching(t *testing.T, w *watched, through coordinationv1client.LeasesGetter, identity string) *master {
	t.Helper()
	m := newMaster(t, through, identity)
	m.standby.watches = w
	return m
}

// TestStandbyKnowsTheEndOfTheLease kills a leader. However the standby learns of
// its renewals, it takes the lease when that is over, and never before.
func TestStandbyKnowsTheEndOfTheLease(t *testing.T) {
	c := DefaultConfiguration()
	for _, test := range []struct {
		reason string
		set    func(*watched)
		late   time.Duration // at most, for what the standby saw late
	}{
		{"a watch tells of renewals as they are", func(*watched) {}, 0},
		{"a watch that is not allowed", func(w *watched) { w.refuse = errors.New("forbidden") }, c.RetryPeriod.Duration * 22 / 10},
		{"a watch over a connection that is dead", (*watched).hush, c.RetryPeriod.Duration * 22 / 10},
	} {
		t.Run(test.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newWatched()
				test.set(server)
				first := &partition{leases: server.leases}
				one := newMaster(t, first, "one").start(t)
				pass(time.Second)
				two := watching(t, server, server.leases, "two").start(t)
				pass(time.Minute)
				one.expect(t, true)
				two.expect(t, false)
				first.cut.Store(true)
				over := server.renewed().Add(c.LeaseDuration.Duration)
				pass(time.Until(over) - time.Millisecond)
				two.expect(t, false)
				pass(time.Millisecond + test.late)
				two.expect(t, true)
				two.stop()
				<-two.result
				<-one.result
			})
		})
	}
}

// TestStandbysTakeALeaseThatIsGivenUp has two standbys, of which one leads as
// soon as its caches can have what the leader before has written.
func TestStandbysTakeALeaseThatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newWatched()
		one := newMaster(t, server.leases, "one").start(t)
		pass(time.Second)
		two, three := watching(t, server, server.leases, "two").start(t), watching(t, server, server.leases, "three").start(t)
		pass(time.Minute)
		one.stop()
		<-one.result
		pass(handover - time.Millisecond)
		two.expect(t, false)
		three.expect(t, false)
		for _, later := range []time.Duration{time.Millisecond, time.Minute} {
			pass(later)
			if two.leads() == three.leads() {
				t.Errorf("%v after the leader stopped two leads: %v, three leads: %v, want one of them", later, two.leads(), three.leads())
			}
		}
		two.stop()
		three.stop()
		<-two.result
		<-three.result
	})
}

// TestLeaseIsDeleted: the leader has not lost what it cannot know of.
func TestLeaseIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newWatched()
		one := newMaster(t, server.leases, "one").start(t)
		pass(time.Second)
		two := watching(t, server, server.leases, "two").start(t)
		pass(time.Minute)
		server.remove()
		for range 60 {
			pass(time.Second)
			one.expect(t, true)
			two.expect(t, false)
		}
		two.stop()
		<-two.result
		one.stop()
		<-one.result
	})
}

// remove takes the Lease away.
func (w *watched) remove() {
	w.leases.mu.Lock()
	removed := w.lease
	w.lease = nil
	w.leases.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, watcher := range w.watchers {
		watcher.Delete(removed)
	}
}

// TestStandbyAsksTheServer has a watch that is behind: by its word the lease has
// been over for long.
func TestStandbyAsksTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newWatched()
		one := newMaster(t, server.leases, "one").start(t)
		pass(time.Second)
		two := watching(t, server, server.leases, "two").start(t)
		pass(time.Minute)
		for range 100 {
			server.tell(&coordinationv1.Lease{}) // nobody's
			pass(100 * time.Millisecond)
		}
		one.expect(t, true)
		two.expect(t, false)
		two.stop()
		<-two.result
		one.stop()
		<-one.result
	})
}

func TestSighting(t *testing.T) {
	began := time.Now()
	record := func(holder string, renewed int) *resourcelock.LeaderElectionRecord {
		return &resourcelock.LeaderElectionRecord{
			HolderIdentity: holder, LeaseDurationSeconds: 15, RenewTime: metav1.NewTime(began.Add(time.Duration(renewed) * time.Second)),
		}
	}
	type step struct {
		record *resourcelock.LeaderElectionRecord
		at     int // seconds
	}
	for _, test := range []struct {
		reason string
		steps  []step
		left   int // seconds, at the last step
	}{
		{"nothing was seen", nil, 0},
		{"the holder's clock does not count", []step{{record("one", -3600), 0}}, 15},
		{"what did not change was not renewed", []step{{record("one", 0), 0}, {record("one", 0), 5}}, 10},
		{"it is over", []step{{record("one", 0), 0}, {record("one", 0), 15}}, 0},
		{"long ago", []step{{record("one", 0), 0}, {record("one", 0), 60}}, 0},
		{"a renewal", []step{{record("one", 0), 0}, {record("one", 2), 2}}, 15},
		{"it was given up", []step{{record("one", 0), 0}, {record("", 1), 1}, {record("", 1), 2}}, 0},
		{"it is ours", []step{{record("one", 0), 0}, {record("me", 1), 1}}, 0},
	} {
		seen, now := sighting{self: "me"}, began
		for _, s := range test.steps {
			now = began.Add(time.Duration(s.at) * time.Second)
			seen.see(s.record, now)
		}
		if got, want := seen.left(now), time.Duration(test.left)*time.Second; got != want {
			t.Errorf("%s: left = %v, want %v", test.reason, got, want)
		}
	}
}
