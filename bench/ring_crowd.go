// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// crowd is operators of the ring that are measured together.
type crowd struct {
	side  string
	name  string
	size  int
	quick bool // part of a quick round
	start starter
}

// ourCrowds are plugins of one host. Of Go plugins with different digests there
// are not more than a hundred: each takes a second of two cores to compile.
var ourCrowds = []crowd{
	{"ours", "Go", 1, false, startPlugins(goRing, true)},
	{"ours", "Go", 10, true, startPlugins(goRing, true)},
	{"ours", "Go", 100, false, startPlugins(goRing, true)},
	{"ours", "Go, one digest", 100, false, startPlugins(goRing, false)},
	{"ours", "Go, one digest", 1000, false, startPlugins(goRing, false)},
	{"ours", "TinyGo", 1, false, startPlugins(tinyRing, true)},
	{"ours", "TinyGo", 10, true, startPlugins(tinyRing, true)},
	{"ours", "TinyGo", 100, false, startPlugins(tinyRing, true)},
	{"ours", "TinyGo", 1000, false, startPlugins(tinyRing, true)},
	{"ours", "TinyGo, one digest", 1000, false, startPlugins(tinyRing, false)},
}

// peerCrowds are processes.
var peerCrowds = []crowd{
	{"peer", "Go", 1, false, startProcesses(true)},
	{"peer", "Go", 10, true, startProcesses(true)},
	{"peer", "Go", mostProcesses, false, startProcesses(true)},
	{"peer", "Go, one digest", mostProcesses, false, startProcesses(false)},
}

// mostProcesses are there of the peer: they take 4 GB.
const mostProcesses = 100

// peer is whom a crowd of ours is compared with, if there is one; all are Go programs.
func (c *crowd) peer() *crowd {
	name := c.name
	if name == "TinyGo" {
		name = "Go"
	}
	for i := range peerCrowds {
		if p := &peerCrowds[i]; p.name == name && p.size == c.size {
			return p
		}
	}
	return nil
}

func (c *crowd) figure(name string) string {
	return fmt.Sprintf("%s %s %d %s", c.side, c.name, c.size, name)
}

func (c *crowd) row(what string, u unit, figure string, g goal) row {
	r := row{fmt.Sprintf("%d × %s: %s", c.size, c.name, what), u, c.figure(figure), "", g}
	if p := c.peer(); p != nil {
		r.peer = p.figure(figure)
	}
	return r
}

// prepareRing builds the host, the plugin and the peer.
func prepareRing(ctx context.Context, e *environment) error {
	fmt.Fprintln(e.progress, "building the operators of the ring")
	if err := buildHost(ctx); err != nil {
		return err
	}
	if err := buildPlugin(ctx, "./bench/guests/ring", goRing(e), "-ldflags=-s -w"); err != nil {
		return err
	}
	return buildPeer(ctx, e, "ring")
}

// stage is where crowds are measured, one after the other.
type stage struct {
	*environment
	ring       *ring
	kubeconfig string
	pauses     pauses
	folder     string // for files of the crowd that is measured
}

// pauses are how long a crowd works and rests.
type pauses struct {
	idleAfter time.Duration // what the host takes for idle; 0: its default
	begin     time.Duration // before nonces go round
	rest      time.Duration // after it, until all are idle
}

// measureCrowds measures crowds on a control plane.
func measureCrowds(ctx context.Context, e *environment, all []crowd, p pauses, f figures) error {
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
	s := &stage{environment: e, kubeconfig: plane.Kubeconfig(), pauses: p}
	return errors.Join(s.measureAll(ctx, chosen, plane, places, f), plane.Stop())
}

func (s *stage) measureAll(ctx context.Context, all []crowd, plane *controlplane.Plane, places int, f figures) error {
	cluster, err := newCluster(plane.RESTConfig())
	if err != nil {
		return err
	}
	fmt.Fprintf(s.progress, "making %d places\n", places)
	if s.ring, err = newRing(ctx, cluster, places, s.progress); err != nil {
		return err
	}
	for _, c := range all {
		if s.folder, err = os.MkdirTemp(s.dir, "crowd-"); err != nil {
			return err
		}
		err := c.measure(ctx, s, f)
		if err := errors.Join(err, os.RemoveAll(s.folder)); err != nil {
			return fmt.Errorf("%d × %s (%s): %w", c.size, c.name, c.side, err)
		}
	}
	return nil
}

// measure starts the operators, lets nonces go round, and looks at the memory
// then, and when nothing has happened for a while.
func (c *crowd) measure(ctx context.Context, s *stage, f figures) (err error) {
	fmt.Fprintf(s.progress, "%d × %s (%s): starting\n", c.size, c.name, c.side)
	began := time.Now()
	operators, err := c.start(ctx, s, c)
	defer func() { err = errors.Join(err, operators.Stop()) }()
	if err != nil {
		return err
	}
	if _, err := s.ring.laps(ctx, 1, c.size); err != nil { // with which all are ready
		return err
	}
	started := time.Since(began)
	pause(ctx, s.pauses.begin)
	active, err := s.activeHops(ctx, c.size)
	if err != nil {
		return err
	}
	set := func(figure string, value float64) { f[c.figure(figure)] = value }
	if err := operators.Memory(func(figure string, value float64) { set("active "+figure, value) }); err != nil {
		return err
	}
	pause(ctx, s.pauses.rest)
	if err := operators.Memory(func(figure string, value float64) { set("idle "+figure, value) }); err != nil {
		return err
	}
	first, err := s.ring.laps(ctx, 1, c.size) // for each operator, it is the first
	if err != nil {
		return err
	}
	usual, woken := percentile(active, 0.5), percentile(first, 0.5)
	set("hop p50", usual)
	set("hop p99", percentile(active, 0.99))
	set("first p50", woken)
	set("wake", woken-usual)
	fmt.Fprintf(s.progress, "%d × %s (%s): started in %.1f s; hop %.2f ms, after idle %.2f ms\n",
		c.size, c.name, c.side, started.Seconds(), usual/1e6, woken/1e6)
	return codeLoads(ctx, operators.Log, set)
}

// activeHops returns hops of operators that have just made one.
func (s *stage) activeHops(ctx context.Context, operators int) ([]time.Duration, error) {
	if _, err := s.ring.laps(ctx, 1, operators); err != nil {
		return nil, err
	}
	hops := 300
	if s.quick {
		hops = 30
	}
	return s.ring.laps(ctx, (hops+operators-1)/operators, operators)
}
