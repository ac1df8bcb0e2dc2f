// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// describe says on what, with what and when was measured.
func describe(ctx context.Context) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, commit %s.\n", time.Now().UTC().Format(time.DateOnly), strings.TrimSpace(output(ctx, ".", "git", "describe", "--always", "--dirty")))
	fmt.Fprintf(&b, "%s/%s, %s, %d cores, Linux load at the start %s.\n", runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU(), load())
	versions := []string{runtime.Version()}
	for _, v := range []struct{ folder, module string }{
		{".", "github.com/tetratelabs/wazero"}, {".", "k8s.io/client-go"},
		{"bench/controller-runtime", "sigs.k8s.io/controller-runtime"}, {"cmd/control-plane", "k8s.io/kubernetes"},
	} {
		line := output(ctx, v.folder, "go", "list", "-m", "-f", "{{.Path}} {{.Version}}", v.module)
		versions = append(versions, strings.TrimSpace(line))
	}
	fmt.Fprintf(&b, "%s.\n", strings.Join(versions, ", "))
	return b.String()
}

// output returns what a command prints, "unknown" if it fails: a description
// that lacks a word is no reason not to measure.
func output(ctx context.Context, dir, name string, arguments ...string) string {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off")
	text, err := command.Output()
	if err != nil {
		return "unknown"
	}
	return string(text)
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, "\t\n :")
		}
	}
	return "unknown processor"
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:2], " ")
}
