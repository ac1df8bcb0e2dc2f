// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

var (
	// fast lets workers write all the time.
	fast = []string{"--kube-api-qps=500", "--kube-api-burst=500"}
	// slow lets them wait in the rate limiter most of the time.
	slow = []string{"--kube-api-qps=20", "--kube-api-burst=1"}
)

// TestLeaderThatIsCutOff holds back what a leader at work sends until another
// one leads, and then lets it go on. It may be stopped as well, when its
// requests are with the kernel, and goes on when that has had its time.
func TestLeaderThatIsCutOff(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		t.Run(fmt.Sprintf("stopped=%t", stopped), func(t *testing.T) {
			plane := controlplane.Shared(t)
			w, proxy := newWriters(t, plane), startProxy(t, plane, loopback)
			w.overtake(plane, overtaking{proxy: proxy, stopped: stopped, cut: proxy.hold, heal: proxy.release})
		})
	}
}

// TestLeaderInALostNetwork is the same with packets that get lost, which the
// kernel sends again and again.
func TestLeaderInALostNetwork(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		t.Run(fmt.Sprintf("stopped=%t", stopped), func(t *testing.T) {
			plane := controlplane.Shared(t)
			island := newIsland(t)
			w, proxy := newWriters(t, plane), startProxy(t, plane, island.shore)
			w.overtake(plane, overtaking{
				launcher: island.launcher(), proxy: proxy, stopped: stopped, cut: island.cut, heal: island.join,
			})
		})
	}
}

// overtaking is a leader that loses its way to the API server and gets it back.
type overtaking struct {
	launcher  []string
	proxy     *proxy
	stopped   bool // for the same time
	cut, heal func()
}

func (w *writers) overtake(plane *controlplane.Plane, o overtaking) {
	w.t.Helper()
	first := w.launch(o.launcher, o.proxy.kubeconfig, "first", fast...)
	first.logged(elected)
	second := w.launch(nil, plane.Kubeconfig(), "second", fast...)
	second.ready()
	w.wait("first", 10*beats)
	for o.cut(); !o.writing(first); o.cut() { // all workers wait for answers
		o.heal()
		w.wait("first", beats)
	}
	if o.stopped {
		first.signal(syscall.SIGSTOP)
	}
	cut := time.Now()
	w.wait("second", 10*beats)
	w.t.Logf("the next leader had written %v later, with a lease of 3s", time.Since(cut).Round(10*time.Millisecond))
	o.heal()
	if o.stopped {
		w.wait("second", 100*beats) // time for the kernel to send again
		first.signal(syscall.SIGCONT)
	}
	first.ends(1)
	w.wait("second", 10*beats)
	w.ordered("first", "second")
}

// writing reports whether the kernel has most of a write to send, now or soon.
func (o *overtaking) writing(p *process) bool {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for range 20 {
		if p.sending(o.proxy.port) >= 8<<10 {
			return true
		}
		<-look.C
	}
	return false
}

// TestLeaderThatIsStopped stops a leader at work until another one leads, and
// lets it go on. That one is the next to be stopped. Most of the time their
// workers wait in the rate limiter, behind all checks but those of the fence.
func TestLeaderThatIsStopped(t *testing.T) {
	plane := controlplane.Shared(t)
	w := newWriters(t, plane)
	names := []string{"process 0"}
	leader := w.launch(nil, plane.Kubeconfig(), names[0], slow...)
	leader.logged(elected)
	const turns = 3
	for turn := range turns {
		old, next := names[turn], fmt.Sprint("process ", turn+1)
		names = append(names, next)
		successor := w.launch(nil, plane.Kubeconfig(), next, slow...)
		successor.ready()
		w.wait(old, 5*beats)
		leader.signal(syscall.SIGSTOP)
		w.wait(next, beats)
		leader.signal(syscall.SIGCONT)
		leader.ends(1)
		leader = successor
	}
	w.wait(names[turns], beats)
	w.ordered(names...)
}
