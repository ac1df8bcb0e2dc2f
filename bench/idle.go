// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/bench/process"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// When idle managers are measured, after their start.
const (
	idleStart = 45 * time.Second // requests and CPU until then are the start's
	idleEnd   = 2 * time.Minute  // memory is looked at then; CPU from idleStart on is an idle manager's
)

// idling is what a manager costs that has nothing to do.
var idling = benchmark{
	name: "idle", peer: "kube-controller-manager", rounds: 3,
	prepare: prepareConverge,
	sides:   []side{idleManager("ours"), idleManager("peer")},
	rows: []row{
		{"all controllers, nothing to do, RSS", mebibytes, "ours rss", "peer rss", goal{ratio: 0.6}},
		{"PSS", mebibytes, "ours proportional", "peer proportional", goal{ratio: 0.6}},
		{"RSS without files", mebibytes, "ours anonymous", "peer anonymous", goal{}},
		{"Go heap", mebibytes, "ours heap", "peer heap", goal{}},
		{"compiled code", mebibytes, "ours code", "", goal{}},
		{"instances", count, "ours instances", "", goal{}},
		{"their linear memory, touched or not", mebibytes, "ours memories", "", goal{}},
		{"RSS, peak", mebibytes, "ours peak", "peer peak", goal{}},
		{"goroutines", count, "ours goroutines", "peer goroutines", goal{}},
		{"open watches", count, "ours watches", "peer watches", goal{ratio: 1}},
		{"API requests in the first 45 s", count, "ours requests", "peer requests", goal{ratio: 1}},
		{"CPU of the first 45 s", seconds, "ours cpu", "peer cpu", goal{ratio: 1}},
		{"CPU per minute, idle", seconds, "ours idle cpu", "peer idle cpu", goal{ratio: 1}},
	},
}

// idleManager returns the side of a manager that has all controllers of ours,
// and nothing to do.
func idleManager(name string) side {
	return side{name: name, measure: func(ctx context.Context, e *environment, f figures) error {
		plane, err := controlplane.Start(ctx, controlplane.Options{ServiceAccountAdmission: true})
		if err != nil {
			return err
		}
		return errors.Join(newIdler(e, name, plane, idleEnd).run(ctx, f), plane.Stop())
	}}
}

// onByDefault returns the controllers that our host runs by default, whose
// names are upstream's.
func onByDefault(ctx context.Context) (string, error) {
	text, err := exec.CommandContext(ctx, "bin/wasm-controller-manager", "--list-controllers").Output()
	if err != nil {
		return "", fmt.Errorf("list the controllers: %w", err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] == "on" {
			names = append(names, fields[0])
		}
	}
	return strings.Join(names, ","), nil
}

// idler measures one idle manager.
type idler struct {
	*environment
	name   string
	plane  *controlplane.Plane
	client *http.Client
	rest   time.Duration // after which memory is looked at
}

func newIdler(e *environment, name string, plane *controlplane.Plane, rest time.Duration) *idler {
	return &idler{environment: e, name: name, plane: plane, rest: rest, client: &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the process has made its certificate itself
	}}}
}

// command returns the command line of the manager with all controllers of ours.
func (i *idler) command(ctx context.Context, port int) (*exec.Cmd, error) {
	controllers, err := onByDefault(ctx)
	if err != nil {
		return nil, err
	}
	arguments := []string{
		"--kubeconfig=" + i.plane.Kubeconfig(), "--controllers=" + controllers,
		"--root-ca-file=" + i.plane.PKI("ca.crt"), "--service-account-private-key-file=" + i.plane.PKI("sa.key"),
		"--allocate-node-cidrs", "--cluster-cidr=10.244.0.0/16", "--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-always-allow-paths=/metrics", "--bind-address=127.0.0.1", fmt.Sprint("--secure-port=", port),
	}
	if i.name == "ours" {
		return exec.Command("bin/wasm-controller-manager", append(arguments, "--cache-dir="+filepath.Join(i.dir, "compiled"))...), nil
	}
	return exec.Command("bin/kube-controller-manager", arguments...), nil
}

func (i *idler) run(ctx context.Context, f figures) (err error) {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	command, err := i.command(ctx, port)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(i.dir, "idle "+i.name+".log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	command.Stdout, command.Stderr = log, log
	c, err := newCluster(i.plane.RESTConfig())
	if err != nil {
		return err
	}
	before, err := c.watches(ctx)
	if err != nil {
		return err
	}
	p, err := process.Start(command)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, p.Stop()); err != nil {
			err = fmt.Errorf("%w\n%s", err, process.Tail(log.Name()))
		}
	}()
	url := fmt.Sprint("https://127.0.0.1:", port)
	if err := i.start(ctx, p, url, f); err != nil {
		return err
	}
	pause(ctx, i.or(i.rest-idleStart))
	if err := i.end(ctx, p, url, f); err != nil {
		return err
	}
	after, err := c.watches(ctx)
	f[i.name+" watches"] = after - before
	return err
}

// or returns a time, or less if all is to be quick.
func (i *idler) or(d time.Duration) time.Duration {
	if i.quick {
		return d / 5
	}
	return d
}

// start measures what a start takes.
func (i *idler) start(ctx context.Context, p *process.Process, url string, f figures) (err error) {
	pause(ctx, i.or(idleStart))
	if f[i.name+" cpu"], err = p.CPU(); err != nil {
		return err
	}
	m, err := process.Scrape(ctx, i.client, url)
	if err != nil {
		return err
	}
	f[i.name+" requests"], err = m.Sum("rest_client_requests_total", "")
	return err
}

// end measures the manager that has had nothing to do for a while. What a
// figure is for ours only has no row for the peer.
func (i *idler) end(ctx context.Context, p *process.Process, url string, f figures) error {
	cpu, err := p.CPU()
	if err != nil {
		return err
	}
	f[i.name+" idle cpu"] = (cpu - f[i.name+" cpu"]) / i.or(i.rest-idleStart).Minutes()
	m, err := process.Scrape(ctx, i.client, url)
	if err != nil {
		return err
	}
	of := func(name string) func() (float64, error) { return func() (float64, error) { return m.Sum(name, "") } }
	measured := map[string]func() (float64, error){
		"rss": p.RSS, "anonymous": p.AnonymousRSS, "proportional": p.PSS, "peak": p.PeakRSS,
		"heap": of("go_memstats_heap_alloc_bytes"), "goroutines": of("go_goroutines"),
	}
	if i.name == "ours" {
		measured["code"] = p.CompiledCode
		measured["instances"] = of("wcm_instances")
		measured["memories"] = of("wcm_guest_memory_bytes")
	}
	for name, measure := range measured {
		if f[i.name+" "+name], err = measure(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func freePort(ctx context.Context) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
