// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

// source is the module of the control plane, seen from the repository's root.
const source = "cmd/control-plane"

// sharedSource is what it imports of this module.
const sharedSource = "host/hosttest/controlplane/bootstrap"

// findCommand finds the servers; the package comment has the order.
func findCommand(ctx context.Context) (command, error) {
	if dir := os.Getenv("KUBEBUILDER_ASSETS"); dir != "" {
		dir, err := filepath.Abs(dir)
		return assets{dir: dir}, err
	}
	if path := os.Getenv("WCM_CONTROL_PLANE"); path != "" {
		path, err := filepath.Abs(path)
		return bundled{path: path}, err
	}
	root, err := repository()
	if err != nil {
		return nil, err
	}
	path, err := build(ctx, root, nil)
	return bundled{path: path}, err
}

// Build brings the repository's own control plane up to date and returns the
// path of the binary, so that a program can say what takes minutes the first
// time. A line for each package that is compiled goes to progress.
func Build(ctx context.Context, progress io.Writer) (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	return build(ctx, root, progress)
}

// repository is the directory above this one that has the control plane's
// source. Tests run in the directory of their package.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, source, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no repository above the working directory; set WCM_CONTROL_PLANE to a wcm-control-plane binary")
		}
		dir = parent
	}
}

// build brings the binary up to date and returns its path. The tests of several
// packages run at once; one of them builds, the others wait.
func build(ctx context.Context, root string, progress io.Writer) (string, error) {
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", err
	}
	lock, err := bootstrap.WaitLock(filepath.Join(bin, ".wcm-control-plane.lock"))
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Release() }() // the lock goes with the process at the latest
	path := filepath.Join(bin, "wcm-control-plane")
	if fresh(path, filepath.Join(root, source), filepath.Join(root, sharedSource)) {
		return path, nil
	}
	var output bytes.Buffer
	if progress == nil {
		fmt.Fprintf(os.Stderr, "controlplane: building %s; the first build takes minutes\n", path)
		progress = io.Discard
	}
	flags, err := versionFlags(filepath.Join(root, source, "go.mod"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags=-s -w "+flags, "-o", path, ".")
	cmd.Dir = filepath.Join(root, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.Stdout, cmd.Stderr = &output, io.MultiWriter(&output, progress)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go build in %s: %w\n%s", source, err, output.Bytes())
	}
	return path, nil
}

// fresh tells whether the binary is newer than everything in the sources. It
// spares the second or two that the go command takes to find out the same; that
// touches the binary, so it is asked once.
func fresh(binary string, sources ...string) bool {
	info, err := os.Stat(binary)
	if err != nil {
		return false
	}
	built := info.ModTime()
	for _, source := range sources {
		err = filepath.WalkDir(source, func(_ string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return olderThan(entry, built)
		})
		if err != nil {
			return false
		}
	}
	return true
}

func olderThan(entry fs.DirEntry, built time.Time) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if info.ModTime().After(built) {
		return fmt.Errorf("%s is newer", entry.Name())
	}
	return nil
}

var kubernetesVersion = regexp.MustCompile(`(?m)^\s*k8s\.io/kubernetes (v(\d+)\.(\d+)\.\d+\S*)`)

// versionFlags are the linker's flags that make /version tell the version of
// k8s.io/kubernetes in go.mod; without them it is v0.0.0.
func versionFlags(goMod string) (string, error) {
	raw, err := os.ReadFile(goMod)
	if err != nil {
		return "", err
	}
	match := kubernetesVersion.FindStringSubmatch(string(raw))
	if match == nil {
		return "", fmt.Errorf("%s does not require k8s.io/kubernetes", goMod)
	}
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, set := range []string{"gitVersion=" + match[1], "gitMajor=" + match[2], "gitMinor=" + match[3], "gitTreeState=clean"} {
			flags = append(flags, "-X", pkg+"."+set)
		}
	}
	return strings.Join(flags, " "), nil
}
