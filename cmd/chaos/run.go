// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/cmd/chaos/history"
	"github.com/wasm-controller-manager/wcm/cmd/chaos/load"
	"github.com/wasm-controller-manager/wcm/cmd/chaos/verdict"
	"github.com/wasm-controller-manager/wcm/host/hosttest/hollow"
)

// options are the wishes for a run.
type options struct {
	bin       string // with the programs that make builds
	duration  time.Duration
	killEvery time.Duration
	restarts  int // of the API server
	hosts     int
	stories   int // of each
	seed      uint64
	progress  io.Writer
}

// run plays the whole thing, and returns a sentence for each thing that was
// wrong. The error says why nothing can be said. The directory with the logs
// stays if there is something to look at.
func run(ctx context.Context, o options) (wrong []string, err error) {
	dir, err := os.MkdirTemp("", "wcm-chaos-")
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(o.progress, "seed %d; logs are in %s\n", o.seed, dir)
	c, err := hollow.Start(ctx, cluster(o, dir))
	if err != nil {
		return nil, err
	}
	r := &chaos{options: o, dir: dir, cluster: c}
	if wrong, err = r.run(ctx); err == nil {
		err = c.Stop()
	} else {
		err = errors.Join(err, c.Stop())
	}
	logged, logErr := offences(dir)
	wrong, err = append(wrong, logged...), errors.Join(err, logErr)
	if err == nil && len(wrong) == 0 {
		err = os.RemoveAll(dir)
	}
	return wrong, err
}

// cluster has a quick election, so that there is a leader most of the time.
func cluster(o options, dir string) hollow.Options {
	return hollow.Options{
		Bin: o.bin, Dir: dir, Nodes: 3, QPS: 200, Burst: 400,
		Flags: []string{
			"--leader-elect-lease-duration=6s", "--leader-elect-renew-deadline=4s", "--leader-elect-retry-period=500ms",
		},
	}
}

// chaos is one run.
type chaos struct {
	options

	dir     string
	cluster *hollow.Cluster

	masters  masters
	load     *load.Load
	recorder history.Recorder
	reader   *verdict.Reader
	began    time.Time

	transitions int32 // of the lease
}

func (r *chaos) run(ctx context.Context) (wrong []string, err error) {
	if err := r.cluster.Ready(ctx); err != nil {
		return nil, err
	}
	config := r.cluster.Plane.RESTConfig()
	config.WarningHandler = rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	d, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	if r.reader, err = verdict.NewReader(config); err != nil {
		return nil, err
	}
	r.load, r.began = load.New(client, d, r.seed), time.Now()

	// What follows ends in this order: the load, the hosts, the recorder.
	recording, stopRecording := context.WithCancel(ctx)
	var recorder sync.WaitGroup
	recorder.Go(func() { r.recorder.Run(recording, client) })
	defer func() { stopRecording(); recorder.Wait() }()
	stopMasters := r.startMasters(ctx)
	defer func() { err = errors.Join(err, stopMasters()) }()

	if err := r.disturb(ctx); err != nil {
		return nil, err
	}
	settled, unsettled, err := r.settle(ctx)
	if err != nil {
		return nil, err
	}
	if r.transitions, err = transitions(ctx, client); err != nil {
		return nil, err
	}
	judgement := history.Judge(r.recorder.Entries())
	wrong = append(append(r.load.Wrong(), unsettled...), judgement.Wrong...)
	if kills := r.masters.kills.Load(); int64(r.transitions) < kills/2 {
		wrong = append(wrong, fmt.Sprintf("%d hosts were killed, and the lead was taken %d times: those that led were spared", kills, r.transitions))
	}
	if judgement.Judged == 0 {
		wrong = append(wrong, "nothing was created that could be judged")
	}
	r.table(settled, judgement)
	if len(wrong) > 0 {
		err = r.recorder.Save(filepath.Join(r.dir, "history.json"))
	}
	return wrong, err
}

// transitions is how often the lease of the hosts went to another one.
func transitions(ctx context.Context, client kubernetes.Interface) (int32, error) {
	lease, err := client.CoordinationV1().Leases(metav1.NamespaceSystem).Get(ctx, "wasm-controller-manager", metav1.GetOptions{})
	if err != nil || lease.Spec.LeaseTransitions == nil {
		return 0, err
	}
	return *lease.Spec.LeaseTransitions, nil
}

// disturb runs the load, and kills and restarts meanwhile. It returns when the
// load has come to its end and everything runs again.
func (r *chaos) disturb(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	end, loaded := make(chan struct{}), make(chan struct{})
	go func() { // ends with end or ctx
		defer close(loaded)
		r.load.Run(ctx, end, r.stories)
	}()
	work, stop := context.WithTimeout(ctx, r.duration)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() { r.report(work) })
	all.Go(func() { r.masters.killEvery(work, r.killEvery) })
	all.Go(func() {
		if err := r.restartAPIServer(ctx, work); err != nil {
			cancel(err)
		}
	})
	all.Wait()
	close(end)
	<-loaded
	return context.Cause(ctx)
}

// restartAPIServer restarts the API server at regular times while the load
// runs, which is until work ends.
func (r *chaos) restartAPIServer(ctx, work context.Context) error {
	tick := time.NewTicker(r.duration / time.Duration(r.restarts+1))
	defer tick.Stop()
	for range r.restarts {
		select {
		case <-work.Done():
			return nil
		case <-tick.C:
		}
		if err := r.restartOnce(ctx); err != nil {
			return err
		}
		r.say("the API server was restarted")
	}
	return nil
}

// startAttempts is how often the API server may fail to start. On a machine
// that has too much to do it gives its start up after a minute, and whoever
// keeps it running starts it again.
const startAttempts = 3

func (r *chaos) restartOnce(ctx context.Context) error {
	err := r.cluster.Plane.Restart(ctx)
	for n := 1; err != nil && n < startAttempts && ctx.Err() == nil; n++ {
		r.say("the API server did not start, and is started again: " + err.Error())
		err = r.cluster.Plane.StartAPIServer(ctx)
	}
	return err
}
