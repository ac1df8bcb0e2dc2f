// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strconv"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// election is what watches tell of a Lease, and of pods that its holders make.
type election struct {
	leases, pods <-chan watch.Event
	holder       string
	renewed      time.Time     // when the last renewal was seen
	duration     time.Duration // of the lease
	version      uint64        // at which the holder took the lease
	made         []pod
	term         term
}

// term is the time of one leader.
type term struct {
	over  time.Time // the end of the lease before, as far as anybody can know who watches it
	led   time.Time // when the Lease was seen to name the leader
	wrote time.Time // when its first pod was seen; zero: there was none
}

type pod struct {
	version uint64
	at      time.Time
}

// watchElection begins to watch, until ctx ends.
func (c *cluster) watchElection(ctx context.Context, lease string) (*election, error) {
	leases, pods := c.client.CoordinationV1().Leases(metav1.NamespaceSystem), c.client.CoreV1().Pods(namespace)
	list, err := pods.List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	// The API server ends watches that are slow, as on a machine that is busy.
	follow := func(open func(context.Context, metav1.ListOptions) (watch.Interface, error)) (<-chan watch.Event, error) {
		watcher, err := watchtools.NewRetryWatcherWithContext(ctx, list.ResourceVersion, &cache.ListWatch{WatchFuncWithContext: open})
		if err != nil {
			return nil, err
		}
		return watcher.ResultChan(), nil
	}
	e := &election{}
	if e.pods, err = follow(pods.Watch); err != nil {
		return nil, err
	}
	e.leases, err = follow(func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
		o.FieldSelector = metav1.ObjectNameField + "=" + lease
		return leases.Watch(ctx, o)
	})
	return e, err
}

// observe takes note of what happens for a while, and returns the term of the
// last leader.
func (e *election) observe(ctx context.Context, d time.Duration) term {
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		select {
		case event := <-e.leases:
			if lease, ok := event.Object.(*coordinationv1.Lease); ok {
				e.seeLease(lease, time.Now())
			}
		case event := <-e.pods:
			if object, ok := event.Object.(*corev1.Pod); ok && event.Type == watch.Added {
				e.seePod(pod{version(object), time.Now()})
			}
		case <-end.C:
			return e.term
		case <-ctx.Done():
			return e.term
		}
	}
}

func version(o metav1.Object) uint64 {
	n, _ := strconv.ParseUint(o.GetResourceVersion(), 10, 64) // the API server's are numbers
	return n
}

func (e *election) seeLease(l *coordinationv1.Lease, now time.Time) {
	holder := ""
	if l.Spec.HolderIdentity != nil {
		holder = *l.Spec.HolderIdentity
	}
	switch holder {
	case "": // given up
		return
	case e.holder:
	default:
		e.holder, e.version = holder, version(l)
		e.term = term{over: e.renewed.Add(e.duration), led: now}
		for _, p := range e.made {
			e.seeWrite(p)
		}
		e.made = nil
	}
	e.renewed = now
	if l.Spec.LeaseDurationSeconds != nil {
		e.duration = time.Duration(*l.Spec.LeaseDurationSeconds) * time.Second
	}
}

// seePod takes note of a pod that somebody made. Of the two watches either may
// be ahead; versions say who leads.
func (e *election) seePod(p pod) {
	e.made = append(e.made, p)
	e.seeWrite(p)
}

func (e *election) seeWrite(p pod) {
	if e.term.wrote.IsZero() && e.holder != "" && p.version > e.version {
		e.term.wrote = p.at
	}
}
