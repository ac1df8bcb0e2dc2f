// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/wasm-controller-manager/wcm/bench/process"
)

// tracker is a running controller of pods: "ours" is a plugin in a host of its
// own, others are the program of controller-runtime in some form.
type tracker struct {
	name    string
	url     string // of its metrics
	process *process.Process
	log     *process.Log
}

// startTracker starts one with flags of the host or the program, which the caller
// stops.
func startTracker(ctx context.Context, e *environment, name, kubeconfig string, flags ...string) (*tracker, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	address := fmt.Sprint("127.0.0.1:", port)
	command := exec.Command(peerProgram(e, "tracker"), append(flags, "-kubeconfig="+kubeconfig, "-metrics="+address)...)
	if name == "ours" {
		command = exec.Command("bin/wasm-controller-manager", append(flags, "--kubeconfig="+kubeconfig, "--leader-elect=false",
			"--cache-dir="+filepath.Join(e.dir, "compiled"), "--secure-port=0", "--plain-bind-address="+address)...)
	}
	t := &tracker{name: name, url: "http://" + address, log: process.NewLog()}
	command.Stdout, command.Stderr = t.log, t.log
	t.process, err = process.Start(command)
	return t, err
}

// stopAll ends trackers. If something went wrong, or does now, the error has
// the ends of their logs.
func stopAll(trackers []*tracker, wrong error) error {
	for _, t := range trackers {
		wrong = errors.Join(wrong, t.process.Stop())
	}
	if wrong == nil {
		return nil
	}
	for _, t := range trackers {
		wrong = fmt.Errorf("%w\nthe log of %s:\n%s", wrong, t.name, t.log.Tail())
	}
	return wrong
}

// use is what a tracker has taken and done since it started.
type use struct{ cpu, reconciles float64 }

// allAtRest waits until each tracker has made that many reconciles at least,
// and for a while no more.
func allAtRest(ctx context.Context, trackers []*tracker, least float64) ([]use, error) {
	uses := make([]use, len(trackers))
	for i, t := range trackers {
		var err error
		if uses[i].reconciles, err = t.atRest(ctx, least); err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	for i, t := range trackers {
		var err error
		if uses[i].cpu, err = t.process.CPU(); err != nil {
			return nil, err
		}
	}
	return uses, nil
}

func (t *tracker) atRest(ctx context.Context, least float64) (float64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, errors.New("it does not come to rest"))
	defer cancel()
	for before := -1.0; ; pause(ctx, settle) {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		now, err := t.reconciles(ctx)
		if err == nil && now >= least && now == before { // an error: it has just been started
			return now, nil
		}
		before = now
	}
}

func (t *tracker) reconciles(ctx context.Context) (float64, error) {
	return t.metric(ctx, "controller_runtime_reconcile_total", "")
}

// metric reads one of its metrics.
func (t *tracker) metric(ctx context.Context, name, label string) (float64, error) {
	m, err := process.Scrape(ctx, http.DefaultClient, t.url)
	if err != nil {
		return 0, err
	}
	return m.Sum(name, label)
}
