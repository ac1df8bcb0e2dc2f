// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/wasm-controller-manager/wcm/bench/process"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

const (
	// settle is how long a manager must be silent before it counts as done with a
	// step, and settleTimeout is when it is not waited for any longer: events are
	// still on their way when the last status is there. That time counts for CPU
	// and requests, not for wall time.
	settle        = 3 * time.Second
	settleTimeout = time.Minute

	// convergeTimeout is when a manager that does not get there is given up.
	convergeTimeout = 10 * time.Minute
)

// pods is what managers with one controller are to do.
var pods = convergence{
	workload: replicationControllers, size: 500, steps: []int{20, 5, 20},
	controllers: "replicationcontroller-controller", qps: "2000", burst: "4000",
}

// converging brings ReplicationControllers to their number of pods.
var converging = benchmark{
	name: "converge", peer: "kube-controller-manager", rounds: 5,
	prepare: prepareConverge,
	sides:   []side{pods.side("ours"), pods.side("peer")},
	rows: []row{
		{"500 ReplicationControllers × 20 pods, wall", seconds, "ours wall 0", "peer wall 0", goal{}},
		{"all scaled to 5, wall", seconds, "ours wall 1", "peer wall 1", goal{}},
		{"all scaled to 20, wall", seconds, "ours wall 2", "peer wall 2", goal{}},
		{"the three steps, wall", seconds, "ours wall", "peer wall", goal{ratio: 1}},
		{"CPU of the manager, first step", seconds, "ours cpu 0", "peer cpu 0", goal{}},
		{"CPU of the manager, second step", seconds, "ours cpu 1", "peer cpu 1", goal{}},
		{"CPU of the manager, third step", seconds, "ours cpu 2", "peer cpu 2", goal{}},
		{"CPU of the manager, in all", seconds, "ours cpu", "peer cpu", goal{ratio: 1}},
		{"API requests, all", count, "ours requests", "peer requests", goal{ratio: 1}},
		{"API requests, pods", count, "ours requests pods", "peer requests pods", goal{ratio: 1}},
		{"API requests, replicationcontrollers", count, "ours requests replicationcontrollers", "peer requests replicationcontrollers", goal{ratio: 1}},
		{"API requests, events", count, "ours requests events", "peer requests events", goal{}},
		{"events that arrived, of at most 12,500", count, "ours events", "peer events", goal{}},
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
	p, err := process.Start(command)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, p.Stop()); err != nil {
			err = fmt.Errorf("%w\n%s", err, process.Tail(log.Name()))
		}
	}()
	if err := c.fleet(v.workload, "canary", 1).createAndWait(ctx, 1); err != nil {
		return err
	}
	f[name+startFigure(e, name)] = time.Since(started).Seconds()
	return v.measure(ctx, e, c, p, name, f)
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

func (v convergence) measure(ctx context.Context, e *environment, c *cluster, p *process.Process, name string, f figures) (err error) {
	if _, err := c.settled(ctx); err != nil { // what the start has left to do
		return err
	}
	objects := c.fleet(v.workload, "many", v.size)
	for i := range v.steps {
		if err := v.step(ctx, c, objects, p, name, i, f); err != nil {
			return err
		}
		fmt.Fprintf(e.progress, "%s: %d %ss × %d: %.1f s, %.2f CPU seconds\n", name, v.size, v.workload.kind, v.steps[i],
			f[fmt.Sprint(name, " wall ", i)], f[fmt.Sprint(name, " cpu ", i)])
	}
	if f[name+" rss"], err = p.PeakRSS(); err != nil {
		return err
	}
	f[name+" events"], err = c.eventsArrived(ctx)
	return err
}

// step brings the objects to their next number of pods. What it takes is added
// to the figures, by itself and to those of all steps.
func (v convergence) step(ctx context.Context, c *cluster, objects *fleet, p *process.Process, name string, i int, f figures) error {
	before, err := c.requests(ctx)
	if err != nil {
		return err
	}
	cpu, err := p.CPU()
	if err != nil {
		return err
	}
	act := objects.scaleAndWait
	if i == 0 {
		act = objects.createAndWait
	}
	began := time.Now()
	if err := act(ctx, v.steps[i]); err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	made, err := c.settled(ctx)
	if err != nil {
		return err
	}
	after, err := p.CPU()
	if err != nil {
		return err
	}
	f[fmt.Sprint(name, " wall ", i)], f[fmt.Sprint(name, " cpu ", i)] = took, after-cpu
	f[name+" wall"] += took
	f[name+" cpu"] += after - cpu
	made[v.workload.resource.Resource] -= float64(v.size + 1) // ours: a list, and a request for each object
	for resource := range made {
		f[name+" requests "+resource] += made[resource] - before[resource]
		f[name+" requests"] += made[resource] - before[resource]
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
