// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

// A terminal is where the user is.
type terminal struct {
	stdin  io.Reader
	stdout io.Writer // for the one line that says ready
	screen io.Writer // for failures
}

// up serves one data directory from start to stop.
func up(o upOptions, user terminal) error {
	temporary, err := o.resolve()
	if err != nil {
		return err
	}
	ctx, stop := stopContext(o.exitWithParent, user.stdin)
	defer stop(nil)

	err = serve(ctx, stop, o, user)
	orphaned := errors.Is(context.Cause(ctx), errParentGone)
	if temporary || (orphaned && o.removeDataWithParent) {
		err = errors.Join(err, os.RemoveAll(o.dataDir))
	}
	return err
}

// serve takes the directory for itself and runs the servers in it. It returns
// when ctx ends, which stop can cause.
func serve(ctx context.Context, stop context.CancelCauseFunc, o upOptions, user terminal) error {
	dir := bootstrap.Dir(o.dataDir)
	lock, err := takeOver(dir)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := dir.Prepare(); err != nil {
		return fmt.Errorf("prepare the data directory: %w", err)
	}
	// etcd's sockets are relative, see bootstrap.EtcdURL.
	if err := os.Chdir(o.dataDir); err != nil {
		return err
	}
	log, err := openLog(ctx, dir, user.screen)
	if err != nil {
		return err
	}
	return log.explain(serveLogged(ctx, stop, o, user))
}

// takeOver locks the directory and leaves the number of this process in it.
func takeOver(dir bootstrap.Dir) (*bootstrap.Lock, error) {
	if err := os.MkdirAll(string(dir), 0o700); err != nil {
		return nil, err
	}
	lock, err := bootstrap.TryLock(dir.PID())
	if errors.Is(err, bootstrap.ErrLocked) {
		return nil, fmt.Errorf("%s is served by another process; stop it with: %s down --data-dir %[1]s", dir, name)
	}
	if err != nil {
		return nil, err
	}
	if err := lock.Write(fmt.Appendln(nil, os.Getpid())); err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return lock, nil
}

// serveLogged runs the servers, with nothing of theirs on the user's screen.
func serveLogged(ctx context.Context, stop context.CancelCauseFunc, o upOptions, user terminal) error {
	dir := bootstrap.Dir(o.dataDir)
	listener, port, err := dir.Listen(o.port) // the API server closes it, or the end of the process
	if err != nil {
		return err
	}
	if err := errors.Join(dir.SavePort(port), dir.WriteKubeconfig(o.kubeconfig, port)); err != nil {
		return err
	}
	server := bootstrap.APIServer{
		Dir:                     dir,
		Port:                    port,
		ServiceAccountAdmission: o.serviceAccountAdmission,
		FeatureGates:            o.featureGates,
		AuditLog:                o.auditLog,
		Extra:                   o.apiServerArgs,
	}
	s := &servers{dir: dir, fsync: o.fsync, listener: listener, args: server.Args(), stop: stop}
	return s.run(ctx, func(ctx context.Context) error {
		if err := dir.WaitReady(ctx, port); err != nil {
			return err
		}
		_, err := fmt.Fprintf(user.stdout, "ready: %s kubeconfig=%s\n", bootstrap.URL(port), o.kubeconfig)
		return err
	})
}
