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

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// density is what many operators take together, and how fast they are.
var density = benchmark{
	name: "density", peer: "controller-runtime", rounds: 1, // it takes most of an hour
	prepare: prepareDensity,
	sides:   []side{crowds("ours", ourCrowds), crowds("peer", peerCrowds)},
	rows:    densityRows(),
}

// crowd is operators of the ring that are measured together.
type crowd struct {
	name  string
	size  int
	quick bool // part of a quick round
	start starter
}

// ourCrowds are plugins of one host. Of Go plugins with different digests there
// are not more than a hundred: each takes a second of two cores to compile.
var ourCrowds = []crowd{
	{"Go", 1, false, startPlugins(goRing, true)},
	{"Go", 10, true, startPlugins(goRing, true)},
	{"Go", 100, false, startPlugins(goRing, true)},
	{"Go, one digest", 100, false, startPlugins(goRing, false)},
	{"Go, one digest", 1000, false, startPlugins(goRing, false)},
	{"TinyGo", 1, false, startPlugins(tinyRing, true)},
	{"TinyGo", 10, true, startPlugins(tinyRing, true)},
	{"TinyGo", 100, false, startPlugins(tinyRing, true)},
	{"TinyGo", 1000, false, startPlugins(tinyRing, true)},
	{"TinyGo, one digest", 1000, false, startPlugins(tinyRing, false)},
}

// peerCrowds are processes.
var peerCrowds = []crowd{
	{"Go", 1, false, startProcesses(true)},
	{"Go", 10, true, startProcesses(true)},
	{"Go", 100, false, startProcesses(true)},
	{"Go, one digest", 100, false, startProcesses(false)},
}

// peerOf is whom a crowd of ours is compared with: there are not more than a
// hundred processes, and none but Go programs.
func peerOf(c crowd) string {
	name := c.name
	if name == "TinyGo" {
		name = "Go"
	}
	for _, peer := range peerCrowds {
		if peer.name == name && peer.size == c.size {
			return "peer " + peer.figure()
		}
	}
	return ""
}

func (c *crowd) figure() string { return fmt.Sprintf("%s %d ", c.name, c.size) }

func densityRows() []row {
	var rows []row
	for _, c := range ourCrowds {
		peer := peerOf(c)
		add := func(what string, u unit, figure string, g goal) {
			r := row{fmt.Sprintf("%d × %s: %s", c.size, c.name, what), u, "ours " + c.figure() + figure, "", g}
			if peer != "" {
				r.peer = peer + figure
			}
			rows = append(rows, r)
		}
		add("idle, PSS", megabytes, "idle pss", idleGoals[c.size])
		add("idle, RSS", megabytes, "idle rss", goal{})
		add("active, PSS", megabytes, "active pss", goal{})
		add("hop, median", milliseconds, "hop p50", hopGoals[c.size])
		add("hop, p99", milliseconds, "hop p99", goal{})
		add("first hop after idle, median", milliseconds, "first p50", goal{})
		add("what it is longer than others", milliseconds, "wake", wakeGoals[c.name])
		add("of that, loading code, mean", milliseconds, "load mean", goal{})
		add("code loaded, times", count, "loads", goal{})
	}
	return rows
}

// The goals, of those crowds that the issue names.
var (
	idleGoals = map[int]goal{100: {most: 100e6}, 1000: {most: 400e6}}
	hopGoals  = map[int]goal{1: {ratio: 1.2}, 10: {ratio: 1.2}, 100: {ratio: 1.2}}
	wakeGoals = map[string]goal{"Go": {most: 40e6}, "TinyGo": {most: 4e6}}
)

// prepareDensity builds the host, the plugin and the peer.
func prepareDensity(ctx context.Context, e *environment) error {
	fmt.Fprintln(e.progress, "building the operators of the ring")
	if output, err := exec.CommandContext(ctx, "make", "build", "--no-print-directory").CombinedOutput(); err != nil {
		return fmt.Errorf("make build: %w\n%s", err, output)
	}
	plugin := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w",
		"-o", goRing(e), "./bench/guests/ring")
	plugin.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	peer := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(e.dir, "ring"), "./ring")
	peer.Dir = "bench/controller-runtime"
	peer.Env = append(os.Environ(), "CGO_ENABLED=0")
	for _, command := range []*exec.Cmd{plugin, peer} {
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", command.Args, err, output)
		}
	}
	return nil
}

// crowds is a side that measures one crowd after the other on a control plane.
func crowds(name string, all []crowd) side {
	return side{name: name, measure: func(ctx context.Context, e *environment, f figures) error {
		var chosen []crowd
		places := 0
		for _, c := range all {
			if !e.quick || c.quick {
				chosen = append(chosen, c)
				places = max(places, c.size+1)
			}
		}
		plane, err := controlplane.Start(ctx, controlplane.Options{})
		if err != nil {
			return err
		}
		err = measureCrowds(ctx, e, chosen, plane, places, func(c *crowd, figure string, value float64) {
			f[name+" "+c.figure()+figure] = value
		})
		return errors.Join(err, plane.Stop())
	}}
}

func measureCrowds(ctx context.Context, e *environment, all []crowd, plane *controlplane.Plane, places int, set func(c *crowd, figure string, value float64)) error {
	cluster, err := newCluster(plane.RESTConfig())
	if err != nil {
		return err
	}
	fmt.Fprintf(e.progress, "density: making %d places\n", places)
	ring, err := newRing(ctx, cluster, places, e.progress)
	if err != nil {
		return err
	}
	for _, c := range all {
		err := c.measure(ctx, e, ring, plane.Kubeconfig(), func(figure string, value float64) { set(&c, figure, value) })
		if err != nil {
			return fmt.Errorf("%d × %s: %w", c.size, c.name, err)
		}
	}
	return nil
}

// How long a crowd works and rests.
const (
	ringHops = 300 // at least so many are measured
	// startRest is when the host has given back what it took to start.
	startRest = 15 * time.Second
	// restFor is how long nothing happens before memory is looked at: the host
	// has dropped instances after a minute at most, code after another half, and
	// given back what that was after ten seconds more.
	restFor = 2 * time.Minute
	// quickRest is restFor where the host takes plugins for idle after four seconds.
	quickRest = 25 * time.Second
)

// measure starts the operators, lets nonces go round, and looks at the memory
// then, and when nothing has happened for a while.
func (c *crowd) measure(ctx context.Context, e *environment, r *ring, kubeconfig string, set func(figure string, value float64)) (err error) {
	fmt.Fprintf(e.progress, "density: %d × %s: starting\n", c.size, c.name)
	began := time.Now()
	operators, err := c.start(ctx, e, c, r, kubeconfig)
	defer func() { err = errors.Join(err, operators.Stop()) }()
	if err != nil {
		return err
	}
	if _, err := r.laps(ctx, 1, c.size); err != nil { // with which all are ready
		return err
	}
	started := time.Since(began)
	hops, begin, pauses := ringHops, startRest, restFor
	if e.quick {
		hops, begin, pauses = ringHops/10, settle, quickRest
	}
	pause(ctx, begin)
	active, err := r.laps(ctx, (hops+c.size-1)/c.size, c.size)
	if err != nil {
		return err
	}
	if err := operators.Memory(func(figure string, value float64) { set("active "+figure, value) }); err != nil {
		return err
	}
	pause(ctx, pauses)
	if err := operators.Memory(func(figure string, value float64) { set("idle "+figure, value) }); err != nil {
		return err
	}
	first, err := r.laps(ctx, 1, c.size) // for each operator, it is the first
	if err != nil {
		return err
	}
	if err := codeLoads(ctx, operators.Log, set); err != nil {
		return err
	}
	usual, woken := percentile(active, 0.5), percentile(first, 0.5)
	set("hop p50", usual)
	set("hop p99", percentile(active, 0.99))
	set("first p50", woken)
	set("wake", woken-usual)
	fmt.Fprintf(e.progress, "density: %d × %s: started in %.1f s; hop %.2f ms, after idle %.2f ms\n",
		c.size, c.name, started.Seconds(), usual/1e6, woken/1e6)
	return nil
}
