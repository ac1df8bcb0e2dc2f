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
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/bench/process"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

const (
	// warmUp is how long a standby has before it must lead.
	warmUp = 15 * time.Second
	// failoverTimeout is when a standby is given up that does not write.
	failoverTimeout = 2 * time.Minute
	// demand is how often an object is created while nobody leads.
	demand = 50 * time.Millisecond
)

// failingOver is the time from the end of a leader to the first write of the next.
var failingOver = benchmark{
	name: "failover", peer: "kube-controller-manager", rounds: 3,
	prepare: prepareConverge,
	sides: []side{
		{"ours", onPlane(failover("ours", syscall.SIGKILL, syscall.SIGTERM))},
		{"peer", onPlane(failover("peer", syscall.SIGKILL, syscall.SIGTERM))},
		{"gate", onPlane(failover("gate", syscall.SIGTERM))},
	},
	rows: []row{
		{"leader killed, first write after the end of the lease", milliseconds, "ours killed beyond", "peer killed beyond", goal{most: 500e6}},
		{"leader killed, the next one leads after the end of the lease", milliseconds, "ours killed led beyond", "peer killed led beyond", goal{}},
		{"leader killed, first write after that", seconds, "ours killed", "peer killed", goal{}},
		{"leader stopped, first write", seconds, "ours terminated", "peer terminated", goal{most: 1}},
		{"leader stopped, the next one leads", seconds, "ours terminated led", "peer terminated led", goal{}},
		{"leader stopped, first write, peer with its alpha gate", seconds, "ours terminated", "gate terminated", goal{}},
		{"leader stopped, the next one leads, peer with its gate", seconds, "ours terminated led", "gate terminated led", goal{}},
	},
}

// masters are managers of which one leads.
type masters struct {
	*environment
	*cluster
	name       string // of the side
	kubeconfig string
	election   *election
	created    int    // objects
	log        string // of the last that was started
}

// failover returns what ends the leader of a side with one signal after the
// other; each time there is a standby that is warm.
func failover(name string, signals ...syscall.Signal) measurement {
	return func(c *cluster, ctx context.Context, e *environment, plane *controlplane.Plane, f figures) (err error) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		m := &masters{environment: e, cluster: c, name: name, kubeconfig: plane.Kubeconfig()}
		lease := map[bool]string{true: "wasm-controller-manager", false: "kube-controller-manager"}[name == "ours"]
		if m.election, err = c.watchElection(ctx, lease); err != nil {
			return err
		}
		leader, err := m.start()
		if err != nil {
			return err
		}
		if _, err := m.firstWrite(ctx, time.Now()); err != nil { // of the first leader
			return errors.Join(err, leader.Stop())
		}
		for _, signal := range signals {
			if leader, err = m.replace(ctx, leader, signal, f); err != nil {
				return err
			}
		}
		return leader.Stop()
	}
}

// replace starts a standby, ends the leader, and returns its successor.
func (m *masters) replace(ctx context.Context, leader *process.Process, signal syscall.Signal, f figures) (*process.Process, error) {
	standby, err := m.start()
	if err != nil {
		return nil, errors.Join(err, leader.Stop())
	}
	m.election.observe(ctx, warmUp)
	began := time.Now()
	if err := leader.Signal(signal); err != nil {
		return nil, errors.Join(err, standby.Stop())
	}
	next, err := m.firstWrite(ctx, began)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, process.Tail(m.log)), standby.Stop(), leader.Signal(syscall.SIGKILL))
	}
	<-leader.Done()
	name := m.name + " " + signal.String()
	f[name] = next.wrote.Sub(began).Seconds()
	f[name+" led"] = next.led.Sub(began).Seconds()
	f[name+" beyond"] = float64(next.wrote.Sub(next.over))
	f[name+" led beyond"] = float64(next.led.Sub(next.over))
	fmt.Fprintf(m.progress, "%s: the next one leads after %.2f s and writes after %.2f s, which is %.2f s after the end of the lease\n",
		name, f[name+" led"], f[name], f[name+" beyond"]/1e9)
	return standby, nil
}

// start starts one more manager.
func (m *masters) start() (*process.Process, error) {
	log, err := os.CreateTemp(m.dir, m.name+"-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	m.log = log.Name()
	arguments := []string{"--kubeconfig=" + m.kubeconfig, "--secure-port=0", "--kube-api-qps=200", "--kube-api-burst=400"}
	if m.quick {
		arguments = append(arguments, "--leader-elect-lease-duration=4s", "--leader-elect-renew-deadline=3s", "--leader-elect-retry-period=500ms")
	}
	program := "bin/kube-controller-manager"
	switch m.name {
	case "ours":
		program = "bin/wasm-controller-manager"
		arguments = append(arguments, "--cache-dir="+filepath.Join(m.dir, "compiled"), "--controllers=*")
	case "gate":
		arguments = append(arguments, "--feature-gates=ControllerManagerReleaseLeaderElectionLockOnExit=true")
	}
	command := exec.Command(program, arguments...)
	command.Stdout, command.Stderr = log, log
	return process.Start(command)
}

// firstWrite creates objects until a leader that began to lead after a moment
// makes the pod of one of them.
func (m *masters) firstWrite(ctx context.Context, after time.Time) (term, error) {
	ctx, cancel := context.WithTimeout(ctx, failoverTimeout)
	defer cancel()
	for {
		m.created++
		object := replicationControllers.object(fmt.Sprintf("demand-%04d", m.created), 1)
		if _, err := m.dynamic.Resource(replicationControllers.resource).Namespace(namespace).Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return term{}, err
		}
		now := m.election.observe(ctx, demand)
		if now.led.After(after) && !now.wrote.IsZero() {
			return now, nil
		}
	}
}
