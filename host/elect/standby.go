// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"context"
	"log/slog"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	coordinationv1client "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// standby is a candidate that waits until the lease is free, and takes it for
// client-go's election to keep.
//
// client-go looks at the Lease every two to four seconds, and so learns seconds
// late that a leader has renewed it, has let it go, or did not renew it. A
// standby is told by a watch, and looks when the lease ends. If there is no
// watch, or a silent one, it looks as often as client-go does.
type standby struct {
	lease    *lease
	watches  coordinationv1client.LeaseInterface // nil: there is no watch
	name     string                              // of the Lease
	duration time.Duration                       // of the lease that it takes
	retry    time.Duration
	leader   func(identity string) // is told who leads
	log      *slog.Logger
}

// take returns nil when this process has taken the lease, else the error of ctx.
func (s *standby) take(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var following sync.WaitGroup
	defer following.Wait()
	defer stop()
	news := make(chan *resourcelock.LeaderElectionRecord)
	following.Go(func() { s.follow(ctx, news) }) // ends with ctx

	seen := sighting{self: s.lease.Identity()}
	look := time.NewTimer(0)
	defer look.Stop()
	for {
		soon := wait.Jitter(s.retry, leaderelection.JitterFactor)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case record := <-news:
			s.see(&seen, record)
			soon = min(soon, seen.left(time.Now()))
		case <-look.C:
			switch taken, err := s.try(ctx, &seen); {
			case taken:
				return nil
			case err != nil:
				s.log.Info("Lease not taken", "error", err) // the next look is not at once
			default:
				soon = min(soon, seen.left(time.Now()))
			}
		}
		look.Reset(soon)
	}
}

// try takes the lease if it is free, by the API server's word and not by that
// of a watch. Another process that takes or renews it in between wins.
func (s *standby) try(ctx context.Context, seen *sighting) (taken bool, err error) {
	now := metav1.Now()
	mine := resourcelock.LeaderElectionRecord{
		HolderIdentity: seen.self, LeaseDurationSeconds: int(s.duration / time.Second), RenewTime: now, AcquireTime: now,
	}
	held, _, err := s.lease.Get(ctx)
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return false, err
	}
	if !missing {
		s.see(seen, held)
	}
	if seen.left(time.Now()) > 0 { // also if somebody has deleted it, whose holder may write still
		return false, nil
	}
	if missing {
		err = s.lease.Create(ctx, mine)
		return err == nil, err
	}
	if mine.LeaderTransitions = held.LeaderTransitions; held.HolderIdentity != seen.self {
		mine.LeaderTransitions++
	}
	err = s.lease.Update(ctx, mine)
	return err == nil, err
}

func (s *standby) see(seen *sighting, record *resourcelock.LeaderElectionRecord) {
	if seen.see(record, time.Now()) && record.HolderIdentity != "" {
		s.leader(record.HolderIdentity)
	}
}

// rewatch is how long a standby waits after a watch was refused.
const rewatch = 10 * time.Second

// follow tells of each change of the Lease until ctx ends, as well as it can.
func (s *standby) follow(ctx context.Context, news chan<- *resourcelock.LeaderElectionRecord) {
	if s.watches == nil {
		return
	}
	told := false
	for ctx.Err() == nil {
		pause := wait.Jitter(s.retry, leaderelection.JitterFactor)
		if err := s.watch(ctx, news); err != nil && ctx.Err() == nil {
			pause = max(pause, rewatch)
			if !told {
				s.log.Warn("Lease is not watched; the end of another process is seen later", "error", err)
			}
			told = true
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// watch tells of each change of the Lease until the watch ends. The error says
// why there is none.
func (s *standby) watch(ctx context.Context, news chan<- *resourcelock.LeaderElectionRecord) error {
	watcher, err := s.watches.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, s.name).String()})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, watcher.Stop)()
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		lease, ok := event.Object.(*coordinationv1.Lease)
		if !ok { // it broke, which the channel tells as well
			continue
		}
		select {
		case news <- resourcelock.LeaseSpecToLeaderElectionRecord(&lease.Spec):
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
