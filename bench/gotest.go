// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// target is a package with benchmarks, of this module or of a nested one.
type target struct {
	name   string
	folder string
}

// The go test packages that have benchmarks.
var (
	ourHost   = &target{name: "host", folder: "host"}
	ourGuests = &target{name: "guest", folder: "host/guest"}
	ourMeter  = &target{name: "meter", folder: "host/meter"}
	ourStore  = &target{name: "store", folder: "bench"}
	peerTests = &target{name: "controller-runtime", folder: "bench/controller-runtime"}
)

// build compiles the benchmarks of the targets.
func build(targets ...*target) func(context.Context, *environment) error {
	return func(ctx context.Context, e *environment) error {
		for _, t := range targets {
			if _, err := os.Stat(t.binary(e)); err == nil {
				continue
			}
			fmt.Fprintf(e.progress, "building the benchmarks in %s\n", t.folder)
			command := exec.CommandContext(ctx, "go", "test", "-c", "-o", t.binary(e), ".")
			command.Dir = t.folder
			if output, err := command.CombinedOutput(); err != nil {
				return fmt.Errorf("go test -c in %s: %w\n%s", t.folder, err, output)
			}
		}
		return nil
	}
}

func (t *target) binary(e *environment) string { return filepath.Join(e.dir, t.name+".test") }

// side is the benchmark of a name as a side of a comparison. Its figures are
// named "SIDE BENCHMARK UNIT".
func (t *target) side(name, benchmark, duration string) side {
	return side{name: name, measure: func(ctx context.Context, e *environment, f figures) error {
		if e.quick && duration != "1x" {
			duration = "100ms"
		}
		command := exec.CommandContext(ctx, t.binary(e), "-test.short", "-test.run=^$",
			"-test.bench=^Benchmark"+benchmark+"$", "-test.benchtime="+duration)
		command.Dir = t.folder
		output, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("benchmark %s in %s: %w\n%s", benchmark, t.folder, err, output)
		}
		return f.addBenchmarks(name, string(output))
	}}
}

var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// addBenchmarks adds the figures of go test's output.
func (f figures) addBenchmarks(side, output string) error {
	found := false
	for line := range strings.Lines(output) {
		match := benchmarkLine.FindStringSubmatch(strings.TrimSpace(line))
		if match == nil {
			continue
		}
		found = true
		fields := strings.Fields(match[2])
		for i := 0; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return fmt.Errorf("output of go test: %q: %w", line, err)
			}
			f[side+" "+match[1]+" "+fields[i+1]] = value
		}
	}
	if !found {
		return fmt.Errorf("output of go test has no benchmark:\n%s", output)
	}
	return nil
}
