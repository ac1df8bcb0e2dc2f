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

const (
	// settle is how long the managers have after the last status, for events that
	// they have not sent yet. It counts for CPU and requests, not for wall time.
	settle = 3 * time.Second

	// convergeTimeout is when a manager that does not get there is given up.
	convergeTimeout = 10 * time.Minute
)

// pods is what managers with one controller are to do.
var pods = convergence{
	workload: replicationControllers, size: 200, steps: []int{10},
	controllers: "replicationcontroller-controller", qps: "2000", burst: "4000",
}

// converging brings ReplicationControllers to their number of pods.
var converging = benchmark{
	name: "converge", peer: "kube-controller-manager", rounds: 3,
	prepare: prepareConverge,
	sides:   []side{pods.side("ours"), pods.side("peer")},
	rows: []row{
		{"200 ReplicationControllers × 10 pods, wall", seconds, "ours wall", "peer wall", goal{}},
		{"CPU of the manager meanwhile", seconds, "ours cpu", "peer cpu", goal{}},
		{"API requests, all", count, "ours requests", "peer requests", goal{}},
		{"API requests, pods", count, "ours requests pods", "peer requests pods", goal{}},
		{"API requests, replicationcontrollers", count, "ours requests replicationcontrollers", "peer requests replicationcontrollers", goal{}},
		{"API requests, events", count, "ours requests events", "peer requests events", goal{}},
		{"memory, peak RSS", mebibytes, "ours rss", "peer rss", goal{}},
		{"start to first reconcile, warm", seconds, "ours start", "peer start", goal{}},
		{"start, nothing compiled yet", seconds, "ours cold start", "", goal{}},
	},
}

// convergence lets managers bring many objects of a workload to a number of pods
// each, and then to others.
type convergence struct {
	workload    workload
	size        int
	steps       []int  // the replicas of each; the first creates the objects
	controllers string // the value of --controllers for both managers; empty: all that ours has on
	qps, burst  string // of both; empty: the default of both, which is the same
}

// side measures a manager, "ours" or "peer", on a control plane of its own.
func (v convergence) side(name string) side {
	return side{name: name, measure: func(ctx context.Context, e *environment, f figures) error {
		plane, err := controlplane.Start(ctx, controlplane.Options{})
		if err != nil {
			return err
		}
		c, err := newCluster(plane.RESTConfig())
		if err == nil {
			err = v.run(ctx, e, c, plane, name, f)
		}
		return errors.Join(err, plane.Stop())
	}}
}

// command returns the command line of a manager.
func (v convergence) command(ctx context.Context, e *environment, name, kubeconfig string) (*exec.Cmd, error) {
	controllers := v.controllers
	if controllers == "" {
		var err error
		if controllers, err = onByDefault(ctx); err != nil {
			return nil, err
		}
	}
	arguments := []string{"--kubeconfig=" + kubeconfig, "--controllers=" + controllers, "--leader-elect=false", "--secure-port=0"}
	if v.qps != "" {
		arguments = append(arguments, "--kube-api-qps="+v.qps, "--kube-api-burst="+v.burst)
	}
	if name == "peer" {
		return exec.Command("bin/kube-controller-manager", arguments...), nil
	}
	return exec.Command("bin/wasm-controller-manager", append(arguments, "--cache-dir="+filepath.Join(e.dir, "compiled"))...), nil
}

// run starts the manager, waits until it works, and measures it.
func (v convergence) run(ctx context.Context, e *environment, c *cluster, plane *controlplane.Plane, name string, f figures) (err error) {
	if e.quick {
		v.size /= 10
	}
	command, err := v.command(ctx, e, name, plane.Kubeconfig())
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(e.dir, name+".log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	command.Stdout, command.Stderr = log, log

	started := time.Now()
	p, err := startProcess(command)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, p.stop()); err != nil {
			err = fmt.Errorf("%w\n%s", err, tail(log.Name()))
		}
	}()
	if err := c.fleet(v.workload, "canary", 1).createAndWait(ctx, 1); err != nil {
		return err
	}
	f[name+startFigure(e, name)] = time.Since(started).Seconds()
	return v.measure(ctx, c, p, name, f)
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

func (v convergence) measure(ctx context.Context, c *cluster, p *process, name string, f figures) error {
	pause(ctx, settle) // what the start has left to do
	before, err := c.requests(ctx)
	if err != nil {
		return err
	}
	cpu, err := p.cpu()
	if err != nil {
		return err
	}
	if err := v.converge(ctx, c, name, f); err != nil {
		return err
	}
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
	// Ours: in each step a list, and a request for each object.
	now[v.workload.resource.Resource] -= float64(len(v.steps) * (v.size + 1))
	for resource := range now {
		made := now[resource] - before[resource]
		f[name+" requests "+resource] = made
		f[name+" requests"] += made
	}
	return nil
}

// converge takes the steps one after the other.
func (v convergence) converge(ctx context.Context, c *cluster, name string, f figures) error {
	objects := c.fleet(v.workload, "many", v.size)
	for i, replicas := range v.steps {
		act := objects.scaleAndWait
		if i == 0 {
			act = objects.createAndWait
		}
		began := time.Now()
		if err := act(ctx, replicas); err != nil {
			return err
		}
		took := time.Since(began).Seconds()
		f[fmt.Sprintf("%s wall %d", name, i)] = took
		f[name+" wall"] += took
	}
	return nil
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
