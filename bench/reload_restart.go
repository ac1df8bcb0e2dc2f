// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/wasm-controller-manager/wcm/bench/process"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// restarter stops and starts controller-runtime's program.
type restarter struct {
	*environment
	*stamps
	kubeconfig string
	elect      bool
	process    *process.Process // nil: none runs
}

// restart measures the peer, which has to be stopped and started for a new version.
func (c *cluster) restart(ctx context.Context, e *environment, plane *controlplane.Plane, f figures) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := &restarter{environment: e, kubeconfig: plane.Kubeconfig()}
	if r.stamps, err = c.watchStamps(ctx); err != nil {
		return err
	}
	for _, size := range []struct{ objects, restarts int }{{fewStamps, fewReloads}, {manyStamps, manyReloads}} {
		if r.quick {
			size.restarts = 1
		}
		if err := r.grow(ctx, size.objects); err != nil {
			return err
		}
		for _, r.elect = range []bool{false, true} {
			if err := r.run(ctx, size.restarts, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *restarter) run(ctx context.Context, restarts int, f figures) error {
	defer r.end()
	if _, err := r.install(ctx); err != nil {
		return err
	}
	var all []installed
	for range restarts {
		i, err := r.install(ctx)
		if err != nil {
			return err
		}
		all = append(all, i)
	}
	name := fmt.Sprint("peer ", r.objects)
	if r.elect {
		name = fmt.Sprint("peer elected ", r.objects)
	}
	r.report(name, all, f)
	return nil
}

// install stops the version that runs, starts the next one, and waits until it
// has written to all objects.
func (r *restarter) install(ctx context.Context) (i installed, err error) {
	version := r.next()
	command := exec.Command(filepath.Join(r.dir, "stamp"), "-kubeconfig="+r.kubeconfig, "-version="+versionText(version), fmt.Sprint("-leader-elect=", r.elect))
	log, err := os.Create(filepath.Join(r.dir, "stamp.log"))
	if err != nil {
		return i, err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	command.Stdout, command.Stderr = log, log
	began := time.Now()
	if r.process != nil {
		if err := r.process.Stop(); err != nil {
			return i, err
		}
	}
	if r.process, err = process.Start(command); err != nil {
		return i, err
	}
	first, last, err := r.written(ctx, version)
	if err != nil {
		return i, fmt.Errorf("%w\n%s", err, process.Tail(log.Name()))
	}
	return installed{first: first.Sub(began), last: last.Sub(began)}, nil
}

// end stops what runs.
func (r *restarter) end() {
	if r.process != nil {
		_ = r.process.Stop() // it has done its part
		r.process = nil
	}
}
