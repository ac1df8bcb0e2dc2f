// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/bench/process"
)

// starter starts the operators of a crowd, and returns what they run in, also if
// it fails.
type starter func(ctx context.Context, s *stage, c *crowd) (*process.Group, error)

// The modules of bench/guests/ring, as Go compiles it now and as TinyGo has.
func goRing(e *environment) string { return filepath.Join(e.dir, "ring.wasm") }
func tinyRing(*environment) string { return "bench/guests/ring/tinygo.wasm" }

// unlimited is how often an operator may ask the API server: so often that
// it does not matter.
var unlimited = []string{"--kube-api-qps=2000", "--kube-api-burst=4000"}

// startPlugins starts a host with the operators in its plugin directory, each with
// settings and grants of its own. Distinct ones have a module of their own as well.
func startPlugins(module func(*environment) string, distinct bool) starter {
	return func(_ context.Context, s *stage, c *crowd) (*process.Group, error) {
		plugins := filepath.Join(s.folder, "plugins")
		host := &process.Group{Log: filepath.Join(s.folder, "log")}
		wasm, err := os.ReadFile(module(s.environment))
		if err != nil {
			return host, err
		}
		if err := os.Mkdir(plugins, 0o700); err != nil {
			return host, err
		}
		for i := range c.size {
			if err := placePlugin(plugins, i, wasm, distinct); err != nil {
				return host, err
			}
		}
		command := exec.Command("bin/wasm-controller-manager", append([]string{
			"--kubeconfig=" + s.kubeconfig, "--plugin-dir=" + plugins, "--cache-dir=" + filepath.Join(s.dir, "compiled"),
			"--leader-elect=false", "--secure-port=0", "--plain-bind-address=127.0.0.1:0",
		}, unlimited...)...)
		if idle := s.pauses.idleAfter; idle > 0 {
			command.Args = append(command.Args, "--plugin-idle-after="+idle.String())
		}
		return host, host.Start(command)
	}
}

// codeLoads tells how often a host has loaded code that it had dropped, and how long
// that took on average, in nanoseconds; of a process that does not say in its log
// where it serves, nothing.
func codeLoads(ctx context.Context, log string, set func(figure string, value float64)) error {
	text, err := os.ReadFile(log)
	url := served.FindSubmatch(text)
	if err != nil || url == nil {
		return err
	}
	all, err := process.Scrape(ctx, http.DefaultClient, string(url[1]))
	if err != nil {
		return err
	}
	const metric, loaded = "wcm_module_code_load_seconds", `result="success"`
	if !strings.Contains(string(all), metric) { // nothing was dropped
		set("loads", 0)
		return nil
	}
	took, err := all.Sum(metric+"_sum", loaded)
	if err != nil {
		return err
	}
	n, err := all.Sum(metric+"_count", loaded)
	set("loads", n)
	set("load mean", took/n*float64(time.Second))
	return err
}

// placePlugin puts operator i into a plugin directory. Those that are not distinct
// are one file under many names.
func placePlugin(folder string, i int, wasm []byte, distinct bool) error {
	name := filepath.Join(folder, placeName(i))
	if err := os.WriteFile(name+".yaml", fmt.Appendf(nil, `settings: {next: %[2]s}
grants:
  resources:
  - {groups: [%[3]s], resources: [rings], verbs: [get, list, watch], namespaces: [%[1]s]}
  - {groups: [%[3]s], resources: [rings], verbs: [patch], namespaces: [%[2]s]}
`, placeName(i), placeName(i+1), ringGroup), 0o600); err != nil {
		return err
	}
	switch {
	case distinct:
		return os.WriteFile(name+".wasm", variant(wasm, i), 0o600)
	case i == 0:
		return os.WriteFile(name+".wasm", wasm, 0o600)
	}
	return os.Link(filepath.Join(folder, placeName(0)+".wasm"), name+".wasm")
}

// startProcesses starts a process for each operator, a few at once: the next ones
// when the hops of those before have been made. Distinct ones are copies of the
// program that differ in a byte, so that they share no page of it.
func startProcesses(distinct bool) starter {
	return func(ctx context.Context, s *stage, c *crowd) (*process.Group, error) {
		const atOnce = 4
		all := &process.Group{Log: filepath.Join(s.folder, "log")}
		program := peerProgram(s.environment, "ring")
		binary, err := os.ReadFile(program)
		if err != nil {
			return all, err
		}
		for i := range c.size {
			file := program
			if distinct {
				file = filepath.Join(s.folder, placeName(i))
				if err := os.WriteFile(file, append(slices.Clip(binary), placeName(i)...), 0o700); err != nil {
					return all, err
				}
			}
			command := exec.Command(file, append([]string{
				"--kubeconfig=" + s.kubeconfig, "--namespace=" + placeName(i), "--next=" + placeName(i+1),
			}, unlimited...)...)
			if err := all.Start(command); err != nil {
				return all, err
			}
			if (i+1)%atOnce != 0 {
				continue
			}
			if _, err := s.ring.laps(ctx, 1, i+1); err != nil {
				return all, err
			}
		}
		return all, nil
	}
}
