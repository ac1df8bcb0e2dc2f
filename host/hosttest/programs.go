// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// BuildPrograms builds from the sources what a cluster of hollow nodes runs into
// a directory, named as make names it in bin/: the host with all controllers
// in it, and the hollow kubelet with the operator's file. The sources stay as
// they are: what stands in plugins/bundle, built whenever, is not used.
func BuildPrograms(folder string) error {
	const plugin = "hollow-kubelet"
	examples := filepath.Join(folder, "examples")
	if err := os.MkdirAll(examples, 0o755); err != nil {
		return err
	}
	manifest, err := os.ReadFile(filepath.Join(Root(), "examples", plugin, plugin+".yaml"))
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(examples, plugin+".yaml"), manifest, 0o600),
		build("examples/"+plugin, filepath.Join(examples, plugin+".wasm"), "-s -w"),
		buildHost(folder))
}

// buildHost builds the host with the module of all controllers as it is now.
// The go command embeds the new module as if it stood in the sources.
func buildHost(folder string) error {
	const bundle = "plugins/bundle/bundle.wasm"
	module, overlay := filepath.Join(folder, "bundle.wasm"), filepath.Join(folder, "overlay.json")
	if err := build(filepath.Dir(bundle), module, "-s -w"); err != nil {
		return err
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(Root(), bundle): module}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return err
	}
	command := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-overlay="+overlay,
		"-o", filepath.Join(folder, "wasm-controller-manager"), "./cmd/wasm-controller-manager")
	command.Dir = Root()
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the host: %w\n%s", err, output)
	}
	return nil
}
