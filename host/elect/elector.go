// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/wasm-controller-manager/wcm/host/fence"
)

// component is the source of the Events.
const component = "wasm-controller-manager"

// healthTolerance is how long the lease may have been expired before the
// process counts as unhealthy; kube-controller-manager's value.
const healthTolerance = 20 * time.Second

// ErrLost means that the lease could not be renewed in time. Somebody else may
// lead now; the caller may run again, or exit.
var ErrLost = errors.New("lost the lease")

// Elector takes part in one election. Make it with [New].
type Elector struct {
	enabled bool
	fence   *fence.Fence
	lease   *lease
	standby *standby
	events  *events
	config  leaderelection.LeaderElectionConfig
	health  *leaderelection.HealthzAdaptor
	log     *slog.Logger
}

// New returns an elector that does not take part yet.
func New(o Options) (*Elector, error) {
	c := o.Configuration
	if err := Validate(&c); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Elector{
		enabled: c.LeaderElect,
		health:  leaderelection.NewLeaderHealthzAdaptor(healthTolerance),
		log:     o.Logger.With("lease", c.ResourceNamespace+"/"+c.ResourceName),
	}
	if !e.enabled {
		e.fence = fence.Open()
		return e, nil
	}
	e.fence = fence.New(fence.Options{Margin: margin(&c), Clock: o.Clock, Logger: e.log})
	if o.Identity == "" {
		identity, err := newIdentity()
		if err != nil {
			return nil, err
		}
		o.Identity = identity
	}
	e.events = &events{client: o.Events, identity: o.Identity, log: e.log}
	e.lease = &lease{
		Interface: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: c.ResourceNamespace, Name: c.ResourceName},
			Client:     o.Leases,
			LockConfig: resourcelock.ResourceLockConfig{Identity: o.Identity, EventRecorder: e.events},
		},
		fence: e.fence,
		trust: c.RenewDeadline.Duration,
	}
	e.standby = &standby{
		lease: e.lease, name: c.ResourceName, duration: c.LeaseDuration.Duration, retry: c.RetryPeriod.Duration,
		leader: e.newLeader, log: e.log,
	}
	if o.Watches != nil {
		e.standby.watches = o.Watches.Leases(c.ResourceNamespace)
	}
	e.config = leaderelection.LeaderElectionConfig{
		Lock:          e.lease,
		Name:          c.ResourceName,
		LeaseDuration: c.LeaseDuration.Duration,
		RenewDeadline: c.RenewDeadline.Duration,
		RetryPeriod:   c.RetryPeriod.Duration,
		// client-go would release as soon as renewing ends, while lead still
		// runs if the lease was lost; see finish.
		ReleaseOnCancel: false,
	}
	return e, nil
}

// Run waits until this process leads, then calls lead, and returns when lead
// has returned. The context of lead ends when ctx ends or, with the cause
// [ErrLost], when the lease is lost. Run returns what lead returned, together
// with ErrLost if that is why, and nil if ctx ended first.
func (e *Elector) Run(ctx context.Context, lead func(context.Context) error) error {
	if !e.enabled {
		return lead(ctx)
	}
	elected, lost, stop, err := e.campaign(ctx)
	if err != nil {
		return err
	}
	defer e.events.pending.Wait()
	select {
	case <-ctx.Done():
		e.finish(stop, lost)
		return nil
	case <-elected:
	}
	e.log.Info("Elected as leader", "identity", e.lease.Identity())
	err = e.lead(ctx, lead, lost)
	e.finish(stop, lost)
	return err
}

// campaign starts to take part in the election. The first channel is closed
// when this process is elected, the second when it takes part no more.
func (e *Elector) campaign(ctx context.Context) (elected, lost <-chan struct{}, stop func(), err error) {
	won, over := make(chan struct{}), make(chan struct{})
	config := e.config
	config.Callbacks = leaderelection.LeaderCallbacks{
		OnStartedLeading: func(context.Context) { close(won) },
		OnStoppedLeading: func() {},
		OnNewLeader:      e.newLeader,
	}
	elector, err := leaderelection.NewLeaderElector(config)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("elect a leader: %w", err)
	}
	e.health.SetLeaderElection(elector)
	// The lease is renewed until lead has returned, longer than ctx.
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() { // ends with stop; finish waits
		defer close(over)
		if e.standby.take(renewing) == nil {
			elector.Run(renewing)
		}
	}()
	return won, over, stop, nil
}

// newLeader says who else leads; of itself this process has more to say.
func (e *Elector) newLeader(identity string) {
	if identity != e.lease.Identity() {
		e.log.Info("Another process leads", "identity", identity)
	}
}

func (e *Elector) lead(ctx context.Context, lead func(context.Context) error, lost <-chan struct{}) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	returned := make(chan error, 1)
	go func() { returned <- lead(ctx) }() // waited for below
	select {
	case err := <-returned:
		return err
	case <-lost:
		e.log.Error("Lost the lease")
		e.fence.Revoke()
		cancel(ErrLost)
		return errors.Join(ErrLost, <-returned)
	}
}

// patience is how long a process that stops waits for the answers to its last
// writes, the Events of plugins that have ended for example.
const patience = time.Second

// finish ends the part of this process in the election, when lead has returned
// or was never called.
func (e *Elector) finish(stop func(), over <-chan struct{}) {
	stop()
	<-over
	e.health.SetLeaderElection(nil)
	e.fence.Drain(patience)
	e.fence.Revoke()
	if !e.fence.Settled() {
		e.log.Warn("Lease not released; the next leader waits until it expires", "error", "a write has no answer and may yet be performed")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.config.RenewDeadline)
	defer cancel()
	if err := e.lease.release(ctx); err != nil {
		e.log.Warn("Lease not released; the next leader waits until it expires", "error", err)
		return
	}
	e.log.Info("No longer a candidate")
}

// Fence returns what writes have to pass, which is open while this process
// leads for sure. Without election it is always open.
func (e *Elector) Fence() *fence.Fence { return e.fence }

// Name is the name of the health check.
func (e *Elector) Name() string { return e.health.Name() }

// Check is a health check: it fails if this process counts as the leader
// although its lease expired long ago, so that it should be restarted.
func (e *Elector) Check(r *http.Request) error { return e.health.Check(r) }
