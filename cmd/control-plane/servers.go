// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

// startTimeout bounds the wait for readiness; a loaded machine needs a while.
const startTimeout = 2 * time.Minute

// servers are etcd and the API server of one directory, run once.
type servers struct {
	dir      bootstrap.Dir
	fsync    bool
	listener net.Listener            // the API server's; it closes it
	args     []string                // the API server's
	stop     context.CancelCauseFunc // ends the context of run, and the process with it
}

// run starts both, calls ready, and when ctx ends stops the API server first
// and then etcd. It fails if one of them ended before, or ready failed.
//
// An API server that is not ready yet is left behind running, for it cannot be
// stopped in the middle of its start; the process is about to end anyway.
func (s *servers) run(ctx context.Context, ready func(context.Context) error) error {
	etcd, err := startEtcd(s.dir, s.fsync)
	if err != nil {
		return fmt.Errorf("start etcd: %w", err)
	}
	go func() { // ends when etcd is closed, or with the process
		err := <-etcd.Err()
		s.stop(fmt.Errorf("etcd ended: %w", cmp.Or(err, errEndedEarly)))
	}()
	server := s.startAPIServer()

	if err := waitReady(ctx, ready); err != nil {
		s.stop(err)
		etcd.Server.HardStop() // Close would wait for the API server to hang up
		return s.reason(ctx)
	}
	<-ctx.Done()
	close(server.stop)
	err = <-server.done
	etcd.Close()
	return cmp.Or(s.reason(ctx), err)
}

// reason is why ctx ended, nil if somebody asked for it.
func (s *servers) reason(ctx context.Context) error {
	if asked(ctx) {
		return nil
	}
	return context.Cause(ctx)
}

// apiServer is a running API server.
type apiServer struct {
	stop chan struct{} // close it to stop the server
	done chan error    // receives once, when the server has ended
}

func (s *servers) startAPIServer() apiServer {
	server := apiServer{stop: make(chan struct{}), done: make(chan error, 1)}
	go func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() { // ends with the server, or with the process
			select {
			case <-server.stop:
				cancel()
			case <-ctx.Done():
			}
		}()
		err := runAPIServer(ctx, s.args, s.listener)
		s.stop(fmt.Errorf("the API server ended: %w", cmp.Or(err, errEndedEarly)))
		server.done <- err
	}()
	return server
}

func waitReady(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return ready(ctx)
}
