// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/wasm-controller-manager/wcm/cmd/control-plane/bootstrap"
)

// startTimeout bounds the wait for readiness; a loaded machine needs a while.
const startTimeout = 2 * time.Minute

// up serves one data directory from start to stop.
func up(o upOptions, stdout io.Writer, stdin io.Reader) error {
	temporary, err := o.resolve()
	if err != nil {
		return err
	}
	ctx, stop := stopContext(o.exitWithParent, stdin)
	defer stop(nil)

	err = serve(ctx, o, stdout)
	orphaned := errors.Is(context.Cause(ctx), errParentGone)
	if temporary || (orphaned && o.removeDataWithParent) {
		err = errors.Join(err, os.RemoveAll(o.dataDir))
	}
	return err
}

// serve prepares the directory, holds its lock and runs the servers in it.
func serve(ctx context.Context, o upOptions, stdout io.Writer) error {
	dir := bootstrap.Dir(o.dataDir)
	if err := dir.Prepare(); err != nil {
		return fmt.Errorf("prepare the data directory: %w", err)
	}
	lock, err := bootstrap.TryLock(dir.PID())
	if errors.Is(err, bootstrap.ErrLocked) {
		return fmt.Errorf("%s is served by another process; stop it with: %s down --data-dir %[1]s", dir, name)
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := lock.Write(fmt.Appendln(nil, os.Getpid())); err != nil {
		return err
	}
	// etcd's sockets are relative, see bootstrap.EtcdURL.
	if err := os.Chdir(o.dataDir); err != nil {
		return err
	}
	log, err := openLog(dir)
	if err != nil {
		return err
	}
	defer log.Close()
	return log.explain(serveLogged(ctx, o, dir, stdout))
}

// serveLogged runs the servers, with nothing of theirs on the user's screen.
func serveLogged(ctx context.Context, o upOptions, dir bootstrap.Dir, stdout io.Writer) error {
	listener, port, err := dir.Listen(o.port)
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := errors.Join(dir.SavePort(port), dir.WriteKubeconfig(o.kubeconfig, port)); err != nil {
		return err
	}
	s := &servers{dir: dir, fsync: o.fsync, listener: listener, args: bootstrap.APIServer{
		Dir:                     dir,
		Port:                    port,
		ServiceAccountAdmission: o.serviceAccountAdmission,
		FeatureGates:            o.featureGates,
		AuditLog:                o.auditLog,
		Extra:                   o.apiServerArgs,
	}.Args()}
	return s.run(ctx, func(ctx context.Context) error {
		if err := dir.WaitReady(ctx, port); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "ready: %s kubeconfig=%s\n", bootstrap.URL(port), o.kubeconfig)
		return err
	})
}

// servers are etcd and the API server of one directory, run once.
type servers struct {
	dir      bootstrap.Dir
	fsync    bool
	listener net.Listener // the API server's; it closes it
	args     []string     // the API server's
}

// run starts both, calls ready beside them, and when ctx ends stops the API
// server first and then etcd. It returns when both are gone, and fails if one
// of them did, or ready.
func (s *servers) run(ctx context.Context, ready func(context.Context) error) (err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)

	etcd, err := startEtcd(s.dir, s.fsync)
	if err != nil {
		return fmt.Errorf("start etcd: %w", err)
	}
	defer etcd.Close()

	apiServerDone := make(chan error, 1) // receives once, when runAPIServer has returned
	go func() {
		err := runAPIServer(ctx, s.args, s.listener)
		fail(fmt.Errorf("the API server ended: %w", errors.Join(err, errEndedEarly)))
		apiServerDone <- err
	}()
	go func() { // ends with ctx
		readyCtx, cancel := context.WithTimeout(ctx, startTimeout)
		defer cancel()
		if err := ready(readyCtx); err != nil {
			fail(err)
		}
	}()

	select {
	case <-ctx.Done():
	case err := <-etcd.Err():
		fail(fmt.Errorf("etcd ended: %w", errors.Join(err, errEndedEarly)))
	}
	stopErr := <-apiServerDone
	if asked(ctx) {
		return stopErr
	}
	return context.Cause(ctx)
}
