// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// allGranted is a plugin's file that grants everything.
const allGranted = "grants: {resources: [{groups: ['*'], resources: ['*'], verbs: ['*']}]}\n"

// pluginFile is where the module of a benchmark's plugin is put.
func pluginFile(e *environment, name string) string { return filepath.Join(e.dir, name+".wasm") }

// grantAll writes the file beside a module.
func grantAll(e *environment, name string) error {
	return os.WriteFile(filepath.Join(e.dir, name+".yaml"), []byte(allGranted), 0o600)
}

// buildHost builds the host into bin/.
func buildHost(ctx context.Context) error {
	if output, err := exec.CommandContext(ctx, "make", "build", "--no-print-directory").CombinedOutput(); err != nil {
		return fmt.Errorf("make build: %w\n%s", err, output)
	}
	return nil
}

// buildPlugin builds the plugin in a folder, with flags of go build if need be.
func buildPlugin(ctx context.Context, folder, file string, flags ...string) error {
	arguments := append([]string{"build", "-buildmode=c-shared", "-trimpath", "-o", file}, flags...)
	command := exec.CommandContext(ctx, "go", append(arguments, folder)...)
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the plugin in %s: %w\n%s", folder, err, output)
	}
	return nil
}

// peerProgram is where buildPeer puts a program.
func peerProgram(e *environment, name string) string { return filepath.Join(e.dir, "peer-"+name) }

// buildPeer builds a program of the nested module of the peers.
func buildPeer(ctx context.Context, e *environment, name string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", peerProgram(e, name), "./"+name)
	command.Dir = filepath.Join("bench", "controller-runtime")
	command.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the peer %s: %w\n%s", name, err, output)
	}
	return nil
}
