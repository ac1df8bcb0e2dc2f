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
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/bench/process"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// How much is reloaded in a round.
const (
	fewStamps, manyStamps = 10, 2000 // objects
	fewReloads            = 5        // with few objects
	manyReloads           = 1        // with many, of which all are written each time
)

// replacing is the time from a new version to its first write.
var replacing = benchmark{
	name: "reload", peer: "controller-runtime restarted", rounds: 5,
	prepare: prepareReload,
	sides:   []side{{"ours", onPlane((*cluster).replace)}, {"peer", onPlane((*cluster).restart)}},
	rows: []row{
		{"TinyGo, never compiled, 10 objects", milliseconds, "ours TinyGo cold 10", "peer 10", goal{most: 200e6}},
		{"TinyGo, an earlier version again", milliseconds, "ours TinyGo warm 10", "peer 10", goal{most: 150e6}},
		{"TinyGo, never compiled, 2,000 objects", milliseconds, "ours TinyGo cold 2000", "peer 2000", goal{most: 200e6}},
		{"TinyGo, an earlier version again, 2,000 objects", milliseconds, "ours TinyGo warm 2000", "peer 2000", goal{most: 150e6}},
		{"Go, never compiled, 10 objects", milliseconds, "ours Go cold 10", "peer 10", goal{most: 1500e6}},
		{"Go, an earlier version again", milliseconds, "ours Go warm 10", "peer 10", goal{most: 150e6}},
		{"Go, never compiled, 2,000 objects", milliseconds, "ours Go cold 2000", "peer 2000", goal{most: 1500e6}},
		{"Go, an earlier version again, 2,000 objects", milliseconds, "ours Go warm 2000", "peer 2000", goal{most: 150e6}},
		{"TinyGo, never compiled, in place by the host's log", milliseconds, "ours TinyGo cold 10 log", "", goal{}},
		{"TinyGo, an earlier version, in place by the log", milliseconds, "ours TinyGo warm 10 log", "", goal{}},
		{"Go, never compiled, in place by the log", milliseconds, "ours Go cold 10 log", "", goal{}},
		{"Go, an earlier version, in place by the log", milliseconds, "ours Go warm 10 log", "", goal{}},
		{"Go, an earlier version, elected leader", milliseconds, "ours Go warm 10", "peer elected 10", goal{}},
	},
}

// stampGuests are the modules of bench/guests/stamp, by language.
var stampGuests = map[string]func(e *environment) string{
	"Go":     func(e *environment) string { return filepath.Join(e.dir, "stamp.wasm") },
	"TinyGo": func(*environment) string { return "bench/guests/stamp/tinygo.wasm" },
}

// prepareReload builds the host, the guest and the peer.
func prepareReload(ctx context.Context, e *environment) error {
	fmt.Fprintln(e.progress, "building what is reloaded")
	host := exec.CommandContext(ctx, "make", "build", "--no-print-directory")
	guest := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w",
		"-o", stampGuests["Go"](e), "./bench/guests/stamp")
	guest.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	peer := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(e.dir, "stamp"), "./stamp")
	peer.Dir = "bench/controller-runtime"
	peer.Env = append(os.Environ(), "CGO_ENABLED=0")
	for _, command := range []*exec.Cmd{host, guest, peer} {
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", command.Args, err, output)
		}
	}
	return nil
}

// measurement is what a side does on a control plane of its own.
type measurement func(c *cluster, ctx context.Context, e *environment, plane *controlplane.Plane, f figures) error

func onPlane(m measurement) func(ctx context.Context, e *environment, f figures) error {
	return func(ctx context.Context, e *environment, f figures) error {
		plane, err := controlplane.Start(ctx, controlplane.Options{})
		if err != nil {
			return err
		}
		c, err := newCluster(plane.RESTConfig())
		if err == nil {
			err = m(c, ctx, e, plane, f)
		}
		return errors.Join(err, plane.Stop())
	}
}

// replacer replaces the one plugin of a running host.
type replacer struct {
	*environment
	*stamps
	folder   string
	log      *process.Log
	language string
	module   []byte // of the language
	replaced int    // how often
}

// replace measures our host.
func (c *cluster) replace(ctx context.Context, e *environment, plane *controlplane.Plane, f figures) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := &replacer{environment: e, log: process.NewLog()}
	if r.folder, err = os.MkdirTemp(e.dir, "plugins-"); err != nil {
		return err
	}
	if r.stamps, err = c.watchStamps(ctx); err != nil {
		return err
	}
	const manifest = "grants: {resources: [{groups: [''], resources: [configmaps], verbs: ['*']}]}\n"
	if err := os.WriteFile(filepath.Join(r.folder, "stamp.yaml"), []byte(manifest), 0o600); err != nil {
		return err
	}
	command := exec.Command("bin/wasm-controller-manager", "--kubeconfig="+plane.Kubeconfig(), "--plugin-dir="+r.folder,
		"--cache-dir="+filepath.Join(r.folder, "compiled"), "--leader-elect=false", "--secure-port=0", "--kube-api-qps=2000", "--kube-api-burst=4000")
	command.Stdout, command.Stderr = r.log, r.log
	host, err := process.Start(command)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, host.Stop()); err != nil {
			err = fmt.Errorf("%w\n%s", err, r.log.Tail())
		}
	}()
	return r.run(ctx, f)
}

func (r *replacer) run(ctx context.Context, f figures) error {
	for _, size := range []struct{ objects, reloads int }{{fewStamps, fewReloads}, {manyStamps, manyReloads}} {
		if r.quick {
			size.reloads = 1
		}
		if err := r.grow(ctx, size.objects); err != nil {
			return err
		}
		for language := range stampGuests {
			if err := r.speak(ctx, language); err != nil {
				return err
			}
			if err := r.reload(ctx, fmt.Sprint(" ", size.objects), size.reloads, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// speak installs the first version in a language, which is not measured.
func (r *replacer) speak(ctx context.Context, language string) (err error) {
	r.language = language
	if r.module, err = os.ReadFile(stampGuests[language](r.environment)); err != nil {
		return err
	}
	_, err = r.install(ctx, r.next())
	return err
}

// reload goes to a new version and back to the one before, several times.
func (r *replacer) reload(ctx context.Context, suffix string, times int, f figures) error {
	var cold, warm []installed
	for range times {
		before := r.version
		i, err := r.install(ctx, r.next())
		if err != nil {
			return err
		}
		cold = append(cold, i)
		if i, err = r.install(ctx, before); err != nil {
			return err
		}
		warm = append(warm, i)
	}
	r.report("ours "+r.language+" cold"+suffix, cold, f)
	r.report("ours "+r.language+" warm"+suffix, warm, f)
	return nil
}

// report takes the medians of several installations.
func (e *environment) report(name string, all []installed, f figures) {
	f[name] = medianOf(all, func(i installed) time.Duration { return i.first })
	f[name+" log"] = medianOf(all, func(i installed) time.Duration { return i.log })
	fmt.Fprintf(e.progress, "%s: first write after %.0f ms, all after %.0f ms\n", name, f[name]/1e6,
		medianOf(all, func(i installed) time.Duration { return i.last })/1e6)
}

func medianOf(all []installed, value func(installed) time.Duration) float64 {
	var values []time.Duration
	for _, i := range all {
		values = append(values, value(i))
	}
	slices.Sort(values)
	return float64(values[len(values)/2])
}

// installed is how long after a rename something happened.
type installed struct {
	first, last time.Duration // writes, as a watch saw them
	log         time.Duration // the host said that the version is in place; 0 for the first version
}

// install renames a version over the plugin's file, as one does that deploys
// files, and waits until it has written to all objects.
func (r *replacer) install(ctx context.Context, version int) (i installed, err error) {
	file := filepath.Join(r.folder, "stamp.wasm")
	if err := os.WriteFile(file+".new", withVersion(r.module, version), 0o600); err != nil {
		return i, err
	}
	began := time.Now()
	if err := os.Rename(file+".new", file); err != nil {
		return i, err
	}
	first, last, err := r.written(ctx, version)
	if err != nil {
		return i, err
	}
	i = installed{first: first.Sub(began), last: last.Sub(began)}
	if r.replaced > 0 {
		if err := r.log.Wait(ctx, replacedLine, r.replaced); err != nil {
			return i, err
		}
		i.log, err = since(began, r.log.All(), replacedLine)
	}
	r.replaced++
	return i, err
}
