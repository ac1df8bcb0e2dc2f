// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/bench/process"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// How much is reloaded: each round replaces every plugin by its next variant.
const (
	reloadedPlugins = 5
	reloadVariants  = 3
	reloadRounds    = 300
	firstRounds     = 10 // what is measured then is what is compared with
	everyRounds     = 50 // between the other measurements
	reloadObjects   = 20 // of each plugin
)

// reloading is what stays after many reloads.
var reloading = benchmark{
	name: "reloads", peer: "after the first 50", rounds: 1,
	prepare: prepareReloads,
	sides:   []side{{"ours", measureReloads}},
	rows: []row{
		{"resident memory after 500 reloads of 5 plugins", mebibytes, "500 rss", "first rss", goal{}},
		{"resident memory after 1,000", mebibytes, "1000 rss", "first rss", goal{}},
		{"resident memory after 1,500", mebibytes, "last rss", "first rss", goal{ratio: 1.15}},
		{"Go heap after 1,500", mebibytes, "last heap", "first heap", goal{}},
		{"goroutines after 1,500", count, "last goroutines", "first goroutines", goal{}},
		{"memory mappings after 1,500", count, "last mappings", "first mappings", goal{}},
		{"open files after 1,500", count, "last files", "first files", goal{}},
		{"one reload, wall", seconds, "wall", "", goal{}},
	},
}

func pluginName(i int) string { return fmt.Sprint("plugin-", i) }

func variantFile(e *environment, plugin, number int) string {
	return filepath.Join(e.dir, "variants", fmt.Sprintf("%s.%d", pluginName(plugin), number))
}

// prepareReloads builds the host and all variants of the plugins. They differ
// in what they write, so each reload is work for all objects.
func prepareReloads(ctx context.Context, e *environment) error {
	fmt.Fprintln(e.progress, "building the plugins that are reloaded")
	if err := buildHost(ctx); err != nil {
		return err
	}
	for plugin := range reloadedPlugins {
		for number := range reloadVariants {
			flags := fmt.Sprintf("-ldflags=-s -w -X main.version=%d -X main.label=%s", number, pluginName(plugin))
			file := variantFile(e, plugin, number)
			if err := buildPlugin(ctx, "./host/testdata/stamp", file, flags); err != nil {
				return err
			}
			if err := makeVariant(file, plugin*reloadVariants+number); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeVariant gives the module in a file code of its own.
func makeVariant(file string, n int) error {
	module, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, variant(module, n), 0o600)
}

// measureReloads runs the host on a control plane and replaces its plugins
// again and again, as a deployment does.
func measureReloads(ctx context.Context, e *environment, f figures) error {
	plane, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		return err
	}
	c, err := newCluster(plane.RESTConfig())
	if err == nil {
		err = c.reload(ctx, e, plane.Kubeconfig(), f)
	}
	return errors.Join(err, plane.Stop())
}

func (c *cluster) reload(ctx context.Context, e *environment, kubeconfig string, f figures) (err error) {
	folder := filepath.Join(e.dir, "plugins")
	if err := deploy(e, folder, 0); err != nil {
		return err
	}
	if err := c.createObjects(ctx); err != nil {
		return err
	}
	r := &reloader{environment: e, folder: folder, log: process.NewLog()}
	command := exec.Command("bin/wasm-controller-manager", "--kubeconfig="+kubeconfig, "--plugin-dir="+folder,
		"--cache-dir="+filepath.Join(e.dir, "compiled"), "--leader-elect=false", "--secure-port=0", "--plain-bind-address=127.0.0.1:0", "--kube-api-qps=2000", "--kube-api-burst=4000")
	command.Stdout, command.Stderr = r.log, r.log
	if r.process, err = process.Start(command); err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, r.process.Stop()); err != nil {
			err = fmt.Errorf("%w\n%s", err, r.log.Tail())
		}
	}()
	return r.run(ctx, f)
}

// createObjects makes what the plugins work on.
func (c *cluster) createObjects(ctx context.Context) error {
	for i := range reloadedPlugins * reloadObjects {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprint("object-", i), Labels: map[string]string{pluginName(i % reloadedPlugins): ""},
		}}
		if _, err := c.client.CoreV1().ConfigMaps(namespace).Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// deploy renames a variant of each plugin into the plugin directory.
func deploy(e *environment, folder string, round int) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for plugin := range reloadedPlugins {
		file := filepath.Join(folder, pluginName(plugin))
		module, err := os.ReadFile(variantFile(e, plugin, round%reloadVariants))
		if err != nil {
			return err
		}
		if round == 0 {
			if err := os.WriteFile(file+".yaml", []byte(allGranted), 0o600); err != nil {
				return err
			}
		}
		if err := os.WriteFile(file+".new", module, 0o600); err != nil {
			return err
		}
		if err := os.Rename(file+".new", file+".wasm"); err != nil {
			return err
		}
	}
	return nil
}

// reloader replaces the plugins of a running host.
type reloader struct {
	*environment
	folder  string
	process *process.Process
	log     *process.Log
}

func (r *reloader) run(ctx context.Context, f figures) error {
	rounds := reloadRounds
	if r.quick {
		rounds = everyRounds
	}
	if err := r.log.Wait(ctx, "Plugin loaded", reloadedPlugins); err != nil {
		return err
	}
	var busy time.Duration
	for round := 1; round <= rounds; round++ {
		began := time.Now()
		if err := deploy(r.environment, r.folder, round); err != nil {
			return err
		}
		if err := r.log.Wait(ctx, "Plugin replaced", round*reloadedPlugins); err != nil {
			return err
		}
		busy += time.Since(began)
		if round != firstRounds && round%everyRounds != 0 {
			continue
		}
		sample, err := r.sample(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(r.progress, "reloads: %4d: %5.1f MiB resident, %4.1f MiB Go heap, %3.0f goroutines, %3.0f mappings, %2.0f files\n",
			round*reloadedPlugins, sample["rss"]/(1<<20), sample["heap"]/(1<<20), sample["goroutines"], sample["mappings"], sample["files"])
		for name, value := range sample {
			if round == firstRounds {
				f["first "+name] = value
			}
			f["last "+name] = value
			f[fmt.Sprintf("%d %s", round*reloadedPlugins, name)] = value
		}
	}
	f["wall"] = busy.Seconds() / float64(rounds*reloadedPlugins)
	return nil
}

// quiet is for how long nothing is replaced before memory is measured: the host
// gives back what was closed after ten seconds, and a process that is in the
// middle of a reload holds two versions and garbage of its collector's choice.
const quiet = 15 * time.Second

func (r *reloader) sample(ctx context.Context) (figures, error) {
	pause(ctx, quiet)
	sample := figures{}
	for name, measure := range map[string]func() (float64, error){
		"rss": r.process.RSS, "mappings": r.process.Mappings, "files": r.process.Files,
		"goroutines": func() (float64, error) { return r.metric(ctx, "go_goroutines") },
		"heap":       func() (float64, error) { return r.metric(ctx, "go_memstats_heap_alloc_bytes") },
	} {
		value, err := measure()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		sample[name] = value
	}
	return sample, nil
}

var served = regexp.MustCompile(`"Serving" url="(http://[^"]*)"`)

// metric reads a metric without labels.
func (r *reloader) metric(ctx context.Context, name string) (float64, error) {
	url := served.FindStringSubmatch(r.log.All())
	if url == nil {
		return 0, errors.New("the log does not say where it serves")
	}
	all, err := process.Scrape(ctx, http.DefaultClient, url[1])
	if err != nil {
		return 0, err
	}
	return all.Sum(name, "")
}
