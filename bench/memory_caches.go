// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wasm-controller-manager/wcm/bench/process"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// managedPods is how many pods the managers with all controllers have.
const managedPods = 20_000

// What is measured of caches: each form at each size.
var (
	cacheForms = []string{"typed", "unstructured", "metadata"}
	cacheSizes = []int{0, 20_000, 100_000}
)

// measureCaches lets all forms follow the same pods, of a server that has nothing
// else, at each size at the same time: memory does not mind.
func measureCaches(ctx context.Context, e *environment, f figures) error {
	for _, size := range cacheSizes {
		if err := cachesOf(ctx, e, size, f); err != nil {
			return fmt.Errorf("%d pods: %w", size, err)
		}
	}
	most := cacheSizes[len(cacheSizes)-1]
	for _, name := range slices.Concat(cacheForms, []string{"ours"}) {
		for _, what := range []string{"rss", "heap"} {
			grown := f[fmt.Sprintf("%s %d %s", name, most, what)] - f[fmt.Sprintf("%s 0 %s", name, what)]
			f[fmt.Sprintf("%s pod %s", name, what)] = grown / float64(sizeOf(e, most))
		}
	}
	return nil
}

// sizeOf returns how many pods there are where a row says so many.
func sizeOf(e *environment, size int) int {
	if e.quick {
		return size / 10
	}
	return size
}

func cachesOf(ctx context.Context, e *environment, size int, f figures) (err error) {
	server, err := startServer(e, sizeOf(e, size))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.process.Stop()) }()
	fmt.Fprintf(e.progress, "memory: filling caches with %d pods\n", sizeOf(e, size))
	var all []*tracker
	defer func() { err = stopAll(all, err) }()
	for _, name := range slices.Concat(cacheForms, []string{"ours"}) {
		flags := []string{"-cache=" + name, "-strip", "-owners=false"}
		if name == "ours" {
			flags = []string{"--plugin=" + pluginFile(e, "podcache")}
		}
		t, err := startTracker(ctx, e, name, server.kubeconfig, flags...)
		if err != nil {
			return err
		}
		all = append(all, t)
	}
	if _, err := allAtRest(ctx, all, float64(sizeOf(e, size))); err != nil {
		return err
	}
	rest := memoryRest
	if e.quick {
		rest /= 10
	}
	pause(ctx, rest)
	for _, t := range all {
		if err := t.memory(ctx, fmt.Sprintf("%s %d ", t.name, size), f); err != nil {
			return err
		}
		fmt.Fprintf(e.progress, "memory: %d pods, %s: %.1f MiB resident\n", sizeOf(e, size), t.name, f[fmt.Sprintf("%s %d rss", t.name, size)]/(1<<20))
	}
	return nil
}

// memory measures what a tracker has.
func (t *tracker) memory(ctx context.Context, prefix string, f figures) (err error) {
	for name, measure := range map[string]func() (float64, error){
		"rss": t.process.RSS, "pss": t.process.PSS, "peak": t.process.PeakRSS,
		"heap": func() (float64, error) { return t.metric(ctx, "go_memstats_heap_alloc_bytes", "") },
	} {
		if f[prefix+name], err = measure(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// server is the API server of benchtest as a process.
type server struct {
	process    *process.Process
	kubeconfig string
}

func serverProgram(e *environment) string { return filepath.Join(e.dir, "apiserver") }

func buildServer(ctx context.Context, e *environment) error {
	output, err := exec.CommandContext(ctx, "go", "build", "-o", serverProgram(e), "./bench/benchtest/apiserver").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the API server of pods: %w\n%s", err, output)
	}
	return nil
}

// startServer starts one with so many pods, which the caller stops.
func startServer(e *environment, pods int) (*server, error) {
	command := exec.Command(serverProgram(e), fmt.Sprint("-pods=", pods))
	command.Stderr = os.Stderr
	if _, err := command.StdinPipe(); err != nil { // it ends with its input
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s := &server{kubeconfig: filepath.Join(e.dir, "server.kubeconfig")}
	if s.process, err = process.Start(command); err != nil {
		return nil, err
	}
	url, err := bufio.NewReader(output).ReadString('\n')
	if err == nil {
		err = writeKubeconfig(s.kubeconfig, strings.TrimSpace(url))
	}
	if err != nil {
		return nil, errors.Join(err, s.process.Stop())
	}
	return s, nil
}

func writeKubeconfig(file, url string) error {
	const name = "pods"
	return clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: url, InsecureSkipTLSVerify: true}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name}},
		CurrentContext: name,
	}, file)
}

// measureManagers measures managers with all controllers, by turns on one
// control plane whose pods want nothing of them.
func measureManagers(ctx context.Context, e *environment, f figures) error {
	plane, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		return err
	}
	return errors.Join(managersOn(ctx, e, plane, f), plane.Stop())
}

func managersOn(ctx context.Context, e *environment, plane *controlplane.Plane, f figures) error {
	pods, err := newPopulation(plane.RESTConfig(), sizeOf(e, managedPods))
	if err != nil {
		return err
	}
	fmt.Fprintf(e.progress, "memory: creating %d pods\n", pods.size)
	if err := pods.create(ctx); err != nil {
		return err
	}
	for _, name := range []string{"ours", "peer"} {
		measured := figures{}
		if err := newIdler(e, name, plane, memoryRest).run(ctx, measured); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for figure, value := range measured {
			manager, what, _ := strings.Cut(figure, " ")
			f[manager+" managers "+what] = value
		}
		fmt.Fprintf(e.progress, "memory: all controllers, %s: %.1f MiB resident\n", name, measured[name+" rss"]/(1<<20))
	}
	return nil
}
