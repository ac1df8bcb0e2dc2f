// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// How fast both managers may send requests: faster than they can.
const (
	qps   = "--kube-api-qps=2000"
	burst = "--kube-api-burst=4000"
)

// settle is how long the managers have after the last status, for events that
// they have not sent yet. It counts for CPU and requests, not for wall time.
const settle = 3 * time.Second

// manager is a command line for the API server of a kubeconfig.
type manager func(e *environment, kubeconfig string) *exec.Cmd

func ourManager(e *environment, kubeconfig string) *exec.Cmd {
	return exec.Command("bin/wasm-controller-manager", "--kubeconfig="+kubeconfig, "--plugin=bin/plugins/replicationcontroller-controller.wasm",
		"--cache-dir="+filepath.Join(e.dir, "compiled"), "--leader-elect=false", "--secure-port=0", qps, burst)
}

func peerManager(_ *environment, kubeconfig string) *exec.Cmd {
	return exec.Command("bin/kube-controller-manager", "--kubeconfig="+kubeconfig, "--controllers=replicationcontroller-controller",
		"--leader-elect=false", "--secure-port=0", qps, burst)
}

// prepareConverge builds what has to be run. The first time takes minutes.
func prepareConverge(ctx context.Context, e *environment) error {
	for _, arguments := range [][]string{{"build"}, {"-C", "cmd/control-plane", "peer"}} {
		fmt.Fprintf(e.progress, "make %v; the first time takes minutes\n", arguments)
		command := exec.CommandContext(ctx, "make", append(arguments, "--no-print-directory")...)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("make %v: %w\n%s", arguments, err, output)
		}
	}
	return nil
}

// converge measures a manager on a control plane of its own.
func converge(name string, m manager) side {
	return side{name: name, measure: func(ctx context.Context, e *environment, f figures) error {
		plane, err := controlplane.Start(ctx, controlplane.Options{})
		if err != nil {
			return err
		}
		c, err := newCluster(plane.RESTConfig())
		if err == nil {
			err = c.converge(ctx, e, name, m(e, plane.Kubeconfig()), f)
		}
		return errors.Join(err, plane.Stop())
	}}
}

// converge starts the manager, waits until it works, creates the controllers
// and waits until each reports all of its pods.
func (c *cluster) converge(ctx context.Context, e *environment, name string, command *exec.Cmd, f figures) (err error) {
	controllers, replicas := 200, int32(10)
	if e.quick {
		controllers = 20
	}
	log, err := os.Create(filepath.Join(e.dir, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command.Stdout, command.Stderr = log, log

	started := time.Now()
	p, err := startProcess(command)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, p.stop())
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, tail(log.Name()))
		}
	}()
	if err := c.createAndWait(ctx, "canary", 1, 1); err != nil {
		return err
	}
	f[name+startFigure(e, name)] = time.Since(started).Seconds()
	return c.measure(ctx, p, name, controllers, replicas, f)
}

// startFigure tells the start with nothing compiled, our first, from others.
func startFigure(e *environment, name string) string {
	first := filepath.Join(e.dir, name+".started")
	_, err := os.Stat(first)
	if err == nil || name != "ours" {
		return " start"
	}
	_ = os.WriteFile(first, nil, 0o600) // else the next start counts as cold, which shows
	return " cold start"
}

func (c *cluster) measure(ctx context.Context, p *process, name string, controllers int, replicas int32, f figures) error {
	pause(ctx, settle) // what the start has left to do
	before, err := c.requests(ctx)
	if err != nil {
		return err
	}
	cpu, err := p.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := c.createAndWait(ctx, "rc", controllers, replicas); err != nil {
		return err
	}
	f[name+" wall"] = time.Since(began).Seconds()
	pause(ctx, settle)
	after, err := p.cpu()
	if err != nil {
		return err
	}
	f[name+" cpu"] = after - cpu
	if f[name+" rss"], err = p.peakRSS(); err != nil {
		return err
	}
	now, err := c.requests(ctx)
	if err != nil {
		return err
	}
	now["replicationcontrollers"] -= float64(controllers + 1) // ours: a list, and to create them
	for resource := range now {
		made := now[resource] - before[resource]
		f[name+" requests "+resource] = made
		f[name+" requests"] += made
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// tail returns the end of a log.
func tail(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	const most = 4 << 10
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd) // else the whole of it
	}
	text, _ := io.ReadAll(f)
	return string(text)
}
