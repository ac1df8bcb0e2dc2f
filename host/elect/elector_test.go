// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1client "k8s.io/client-go/kubernetes/typed/coordination/v1"
)

// leases is an API server with one Lease, as far as an elector needs one.
type leases struct {
	coordinationv1client.LeaseInterface

	changed func(*coordinationv1.Lease) // nil: nobody is told

	mu    sync.Mutex
	lease *coordinationv1.Lease
	down  bool // every request fails
}

func (s *leases) Leases(string) coordinationv1client.LeaseInterface { return s }

var errDown = errors.New("connection refused")

func (s *leases) Get(ctx context.Context, name string, _ metav1.GetOptions) (*coordinationv1.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.down || ctx.Err() != nil:
		return nil, errDown
	case s.lease == nil:
		return nil, apierrors.NewNotFound(coordinationv1.Resource("leases"), name)
	}
	return s.lease.DeepCopy(), nil
}

func (s *leases) Create(ctx context.Context, l *coordinationv1.Lease, _ metav1.CreateOptions) (*coordinationv1.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.down || ctx.Err() != nil:
		return nil, errDown
	case s.lease != nil:
		return nil, apierrors.NewAlreadyExists(coordinationv1.Resource("leases"), l.Name)
	}
	return s.put(l), nil
}

func (s *leases) Update(ctx context.Context, l *coordinationv1.Lease, _ metav1.UpdateOptions) (*coordinationv1.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.down || ctx.Err() != nil:
		return nil, errDown
	case s.lease == nil:
		return nil, apierrors.NewNotFound(coordinationv1.Resource("leases"), l.Name)
	case s.lease.ResourceVersion != l.ResourceVersion:
		return nil, apierrors.NewConflict(coordinationv1.Resource("leases"), l.Name, errors.New("it changed"))
	}
	return s.put(l), nil
}

func (s *leases) put(l *coordinationv1.Lease) *coordinationv1.Lease {
	s.lease = l.DeepCopy()
	s.lease.ResourceVersion += "x"
	if s.changed != nil {
		s.changed(s.lease.DeepCopy())
	}
	return s.lease.DeepCopy()
}

func (s *leases) setDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func (s *leases) holder() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.lease.Spec.HolderIdentity
}

// master is a process that takes part in an election.
type master struct {
	*Elector
	stop   func() // asks it to end
	result chan error

	mu      sync.Mutex
	leading bool
	cause   error         // of the end of lead's context
	drain   time.Duration // that lead needs to end
}

func (m *master) lead(ctx context.Context) error {
	m.set(true)
	<-ctx.Done()
	m.mu.Lock()
	m.cause = context.Cause(ctx)
	m.mu.Unlock()
	<-time.After(m.drain)
	m.set(false)
	return nil
}

func (m *master) set(leading bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leading = leading
}

func (m *master) leads() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leading
}

func newMaster(t *testing.T, client coordinationv1client.LeasesGetter, identity string) *master {
	t.Helper()
	began := time.Now()
	clock := func() time.Duration { return time.Since(began) } // of the bubble
	e, err := New(Options{Configuration: DefaultConfiguration(), Leases: client, Identity: identity, Clock: clock})
	if err != nil {
		t.Fatalf("New(%s) = %v", identity, err)
	}
	return &master{Elector: e, result: make(chan error, 1)}
}

func (m *master) CanWrite() error { return m.Fence().CanWrite() }

func (m *master) start(t *testing.T) *master {
	ctx, cancel := context.WithCancel(t.Context())
	m.stop = cancel
	go func() { m.result <- m.Run(ctx, m.lead) }()
	return m
}

func (m *master) expect(t *testing.T, leads bool) {
	t.Helper()
	synctest.Wait()
	if m.leads() != leads {
		t.Errorf("leads = %v, want %v", !leads, leads)
	}
	if err := m.CanWrite(); (err == nil) != leads {
		t.Errorf("CanWrite() = %v, want nil: %v", err, leads)
	}
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestHandover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &leases{}
		one := newMaster(t, server, "one")
		one.drain = 30 * time.Second // longer than the lease
		one.start(t).expect(t, true)
		two := newMaster(t, server, "two").start(t)
		pass(time.Minute)
		two.expect(t, false)

		one.stop()
		pass(one.drain - time.Millisecond)
		one.expect(t, true) // still draining, and still renewing
		two.expect(t, false)
		pass(time.Millisecond)
		one.expect(t, false)
		if got := server.holder(); got != "" {
			t.Errorf("holder after a clean stop = %q, want none", got)
		}
		if err := <-one.result; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		// Released: the next one waits for its next try at most, not for the lease.
		pass(DefaultConfiguration().RetryPeriod.Duration * 22 / 10)
		two.expect(t, true)
		two.stop()
		<-two.result
	})
}

func TestTakeover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &leases{}
		first, second := &partition{leases: server}, &partition{leases: server}
		one, two := newMaster(t, first, "one"), newMaster(t, second, "two")
		one.drain = time.Hour // a reconcile hangs
		one.start(t).expect(t, true)
		two.start(t)
		pass(time.Minute)

		first.cut.Store(true)
		cut := time.Now()
		for one.CanWrite() == nil {
			pass(10 * time.Millisecond)
		}
		if two.CanWrite() == nil {
			t.Errorf("%v after the partition both may write", time.Since(cut))
		}
		if got := time.Since(cut); got > 10*time.Second+10*time.Millisecond {
			t.Errorf("the old leader may write for %v, want the renew deadline at most", got)
		}
		for two.CanWrite() != nil {
			pass(10 * time.Millisecond)
			if one.CanWrite() == nil {
				t.Fatal("the old leader may write again")
			}
		}
		if got := time.Since(cut); got < 13*time.Second || got > 25*time.Second { // two jittered tries more
			t.Errorf("the new leader took over after %v, want the lease duration", got)
		}
		two.expect(t, true)
		if !errors.Is(one.cause, ErrLost) {
			t.Errorf("cause of the end of lead = %v, want %v", one.cause, ErrLost)
		}
		first.cut.Store(false)
		pass(2 * time.Hour)
		if err := <-one.result; !errors.Is(err, ErrLost) {
			t.Errorf("Run() = %v, want %v", err, ErrLost)
		}
		if got := server.holder(); got != "two" {
			t.Errorf("holder = %q, want two: the loser must not release it", got)
		}
		two.stop()
		<-two.result
	})
}

func TestStopWithoutBeingElected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &leases{}
		one := newMaster(t, server, "one").start(t)
		pass(time.Second)
		two := newMaster(t, server, "two").start(t)
		pass(time.Minute)
		two.stop()
		if err := <-two.result; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		if got := server.holder(); got != "one" {
			t.Errorf("holder = %q, want one", got)
		}
		one.expect(t, true)
		one.stop()
		<-one.result
	})
}

func TestLeadFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &leases{}
		m := newMaster(t, server, "one")
		want := errors.New("no such flag")
		if err := m.Run(t.Context(), func(context.Context) error { return want }); !errors.Is(err, want) || errors.Is(err, ErrLost) {
			t.Errorf("Run() = %v, want %v", err, want)
		}
		if got := server.holder(); got != "" {
			t.Errorf("holder = %q, want none", got)
		}
	})
}

func TestRunAgainAfterLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &leases{}
		m := newMaster(t, server, "one").start(t)
		pass(time.Minute)
		server.setDown(true)
		if err := <-m.result; !errors.Is(err, ErrLost) {
			t.Errorf("Run() = %v, want %v", err, ErrLost)
		}
		server.setDown(false)
		m.start(t)
		pass(time.Minute)
		m.expect(t, true)
		m.stop()
		if err := <-m.result; err != nil {
			t.Errorf("second Run() = %v, want nil", err)
		}
	})
}

func TestWithoutElection(t *testing.T) {
	c := DefaultConfiguration()
	c.LeaderElect = false
	e, err := New(Options{Configuration: c})
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	want := errors.New("done")
	if err := e.Run(t.Context(), func(context.Context) error { return errors.Join(want, e.Fence().CanWrite(), e.Check(nil)) }); err == nil || err.Error() != want.Error() {
		t.Errorf("Run() = %v, want %v", err, want)
	}
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &leases{}
		m := newMaster(t, server, "one")
		check := func(when string) {
			t.Helper()
			if err := m.Check(&http.Request{}); err != nil {
				t.Errorf("Check() %s = %v, want nil", when, err)
			}
		}
		check("before Run")
		m.start(t)
		pass(time.Hour)
		check("while leading")
		m.stop()
		<-m.result
		pass(time.Hour)
		check("after Run")
	})
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		reason string
		change func(*Options)
		want   string
	}{
		{"a renewal must be possible before the lease ends",
			func(o *Options) { o.Configuration.RenewDeadline = o.Configuration.LeaseDuration }, "leaderElection.leaseDuration"},
		{"a Lease counts in whole seconds, so others would take this one after 2 s",
			func(o *Options) {
				o.Configuration.LeaseDuration.Duration = 2900 * time.Millisecond
				o.Configuration.RenewDeadline.Duration = 2500 * time.Millisecond
				o.Configuration.RetryPeriod.Duration = 500 * time.Millisecond
			}, "1s longer than renewDeadline (2.5s) at least"},
		{"there are no other locks", func(o *Options) { o.Configuration.ResourceLock = "endpoints" }, `supported values: "leases"`},
		{"a lease has a name", func(o *Options) { o.Configuration.ResourceName = "" }, "leaderElection.resourceName"},
	} {
		o := Options{Configuration: DefaultConfiguration(), Leases: &leases{}}
		c.change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(), because %s = %v, want an error with %q", c.reason, err, c.want)
		}
	}
}

func TestIdentityIsUnique(t *testing.T) {
	var ids []string
	for range 2 {
		e, err := New(Options{Configuration: DefaultConfiguration()})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.lease.Identity())
	}
	if cmp.Equal(ids[0], ids[1]) || !strings.Contains(ids[0], "_") {
		t.Errorf("identities = %v, want two different ones with the host name", ids)
	}
}
