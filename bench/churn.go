// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// What happens in a cluster while the trackers are measured.
const (
	churnPods     = 20_000
	churnTime     = time.Minute
	churnRate     = 550 // updates of pods per second
	churnRelevant = 11  // one update in so many changes a label, the others what nobody reads
)

// churning lets one controller follow pods that change all the time, mostly in
// what it does not read.
var churning = benchmark{
	name: "churn", peer: "controller-runtime", rounds: 3,
	prepare: prepareChurn,
	sides:   []side{{"all", measureChurn}},
	rows: []row{
		{"updates per second, of pods among 20,000; 550 wanted", count, "rate", "rate", goal{}},
		{"CPU per minute", seconds, "ours cpu", "typed cpu", goal{ratio: 0.2}},
		{"CPU per update", microseconds, "ours update", "typed update", goal{}},
		{"reconciles per minute", count, "ours reconciles", "typed reconciles", goal{}},
		{"memory, RSS afterwards", mebibytes, "ours rss", "typed rss", goal{}},
		{"CPU per minute, the peer metadata only with a predicate", seconds, "ours cpu", "lean cpu", goal{}},
		{"CPU per update", microseconds, "ours update", "lean update", goal{}},
		{"reconciles per minute", count, "ours reconciles", "lean reconciles", goal{}},
		{"memory, RSS afterwards", mebibytes, "ours rss", "lean rss", goal{}},
	},
}

// prepareChurn builds the host, and both forms of the controller.
func prepareChurn(ctx context.Context, e *environment) error {
	fmt.Fprintln(e.progress, "building the host, the plugin and the peer")
	if err := buildHost(ctx); err != nil {
		return err
	}
	return errors.Join(buildPlugin(ctx, "./bench/guests/tracker", pluginFile(e, "tracker")), grantAll(e, "tracker"), buildPeer(ctx, e, "tracker"))
}

// measureChurn lets all trackers watch one API server at once: so they see the
// same changes at the same time, also where the API server is too slow for the
// rate. What they take is little beside what the API server takes.
func measureChurn(ctx context.Context, e *environment, f figures) error {
	plane, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		return err
	}
	return errors.Join(churnOn(ctx, e, plane, f), plane.Stop())
}

func churnOn(ctx context.Context, e *environment, plane *controlplane.Plane, f figures) (err error) {
	size, duration := churnPods, churnTime
	if e.quick {
		size, duration = size/10, duration/4
	}
	pods, err := newPopulation(plane.RESTConfig(), size)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.progress, "churn: creating %d pods\n", size)
	if err := pods.create(ctx); err != nil {
		return err
	}
	fmt.Fprintln(e.progress, "churn: starting the controllers")
	var trackers []*tracker
	defer func() { err = stopAll(trackers, err) }()
	for _, form := range []struct {
		name  string
		flags []string
	}{
		{"ours", []string{"--plugin=" + pluginFile(e, "tracker")}},
		{"typed", nil},
		{"lean", []string{"-cache=metadata", "-strip", "-labels"}},
	} {
		t, err := startTracker(ctx, e, form.name, plane.Kubeconfig(), form.flags...)
		if err != nil {
			return err
		}
		trackers = append(trackers, t)
	}
	before, err := allAtRest(ctx, trackers, float64(size))
	if err != nil {
		return err
	}
	fmt.Fprintf(e.progress, "churn: changing pods for %s\n", duration)
	updates, err := pods.churn(ctx, duration)
	if err != nil {
		return err
	}
	f["rate"] = float64(updates) / duration.Seconds()
	after, err := allAtRest(ctx, trackers, 0)
	if err != nil {
		return err
	}
	for i, t := range trackers {
		cpu := after[i].cpu - before[i].cpu
		f[t.name+" cpu"], f[t.name+" update"] = cpu/duration.Minutes(), cpu/float64(updates)*1e9
		f[t.name+" reconciles"] = (after[i].reconciles - before[i].reconciles) / duration.Minutes()
		if f[t.name+" rss"], err = t.process.RSS(); err != nil {
			return err
		}
	}
	return nil
}

// churn updates pods for a while, at a steady rate if the API server keeps up,
// and returns how many updates were made.
func (p *population) churn(ctx context.Context, d time.Duration) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	turns := make(chan int64)
	go pace(ctx, churnRate, turns) // ends with the time
	var made atomic.Int64
	var working sync.WaitGroup
	failures := make([]error, 16)
	for w := range failures {
		working.Go(func() { // ends with the turns
			for turn := range turns {
				if failures[w] != nil {
					continue
				}
				i := int(p.turns+turn) % p.size
				p.states[i].change(p.turns + turn)
				failures[w] = p.update(context.WithoutCancel(ctx), i)
				made.Add(1)
			}
		})
	}
	working.Wait()
	p.turns += made.Load()
	return made.Load(), errors.Join(failures...)
}

// change changes something; which it is depends on the turn.
func (s *state) change(turn int64) {
	switch {
	case turn%churnRelevant == 0:
		s.label++
	case turn%2 == 0:
		s.annotation++
	default:
		s.probe++
	}
}

// pace sends numbers at a rate per second until ctx is done, but not faster than
// they are taken.
func pace(ctx context.Context, rate float64, to chan<- int64) {
	defer close(to)
	began := time.Now()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for sent := int64(0); ; {
		for due := int64(time.Since(began).Seconds() * rate); sent < due; sent++ {
			select {
			case to <- sent:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
