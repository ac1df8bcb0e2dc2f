// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/hollow"
)

// masters are the hosts. Each is started again whenever it ends, as systemd
// does it.
type masters struct {
	kill  []chan struct{} // one for each
	kills atomic.Int64
	exits atomic.Int64 // without being killed
}

// restartAfter is the time between the end of a host and its next start: longer
// than its lease, so that another one takes the lead, and is the next to be
// killed.
const restartAfter = 7 * time.Second

// startMasters takes the host of the cluster over and starts the others. The
// returned function stops all and waits.
func (r *chaos) startMasters(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	first := r.cluster.Manager
	r.cluster.Manager = nil // it is not the cluster's to stop any more
	var all sync.WaitGroup
	errs := make([]error, r.hosts)
	start := func() (*hollow.Process, error) { return hollow.StartHost(cluster(r.options, r.dir), r.cluster.Plane) }
	for i := range r.hosts {
		running := first
		if i > 0 {
			running = nil
		}
		kill := make(chan struct{})
		r.masters.kill = append(r.masters.kill, kill)
		all.Go(func() { // ends with ctx
			errs[i] = r.masters.run(ctx, running, start, kill)
		})
	}
	return func() error {
		cancel()
		all.Wait()
		return errors.Join(errs...)
	}
}

// run keeps one host running until ctx ends.
func (m *masters) run(ctx context.Context, p *hollow.Process, start func() (*hollow.Process, error), kill <-chan struct{}) (err error) {
	for {
		if p == nil {
			if p, err = start(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return p.Stop()
		case <-kill:
			m.kills.Add(1)
			_ = p.Kill() // it has ended by itself
		case <-p.Done():
			m.exits.Add(1)
		}
		p = nil
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(restartAfter):
		}
	}
}

// killEvery kills one host after the other until ctx ends.
func (m *masters) killEvery(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		select {
		case m.kill[n%len(m.kill)] <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}
