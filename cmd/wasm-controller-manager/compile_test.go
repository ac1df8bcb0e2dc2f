// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// place puts a file into a plugin directory as a whole.
func place(t *testing.T, folder, name string, content []byte) {
	t.Helper()
	hidden := filepath.Join(folder, ".new")
	if err := os.WriteFile(hidden, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(hidden, filepath.Join(folder, name)); err != nil {
		t.Fatal(err)
	}
}

// bomb is a module that keeps all limits and takes minutes to compile.
func bomb() []byte { return moduletest.Plugin(moduletest.Bombs(2000)...).Bytes() }

// compileChild waits for the process that compiles for p, and returns what
// tells whether it is there. A process of the same number is not taken for it.
func (p *process) compileChild() (lives func() bool) {
	p.t.Helper()
	child := 0
	hosttest.Eventually(p.t, func() string {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.command.Process.Pid))
		if err != nil {
			return err.Error()
		}
		for _, task := range tasks {
			text, _ := os.ReadFile(task) // a thread may end
			for number := range strings.FieldsSeq(string(text)) {
				arguments, _ := os.ReadFile("/proc/" + number + "/cmdline")
				if strings.Contains(string(arguments), compileCommandName) {
					child, _ = strconv.Atoi(number) // the kernel's
					return ""
				}
			}
		}
		return "no process compiles"
	})
	handle, err := unix.PidfdOpen(child, 0)
	if err != nil {
		p.t.Fatalf("the compile child %d: %v", child, err)
	}
	p.t.Cleanup(func() { _ = unix.Close(handle) })
	return func() bool { // a handle can be read when its process has ended
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}}, 0)
		return n == 0 && err == nil
	}
}

func gone(t *testing.T, lives func() bool) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		if lives() {
			return "the compile child lives"
		}
		return ""
	})
}

// TestCompileBomb compiles a module that takes minutes. Meanwhile a neighbour
// reconciles and another plugin comes; then the host stops, and with it what
// it has begun.
func TestCompileBomb(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	folder := pluginFolder(t, "plugins/replicationcontroller")
	p := launch(t, plane.Kubeconfig(), folder, append(electionFlags(c.namespace), "--compile-timeout=1h")...)
	p.logged(elected)
	c.create("web", 2)
	c.converges()

	place(t, folder, "bomb.wasm", bomb())
	lives := p.compileChild()
	c.scale("web", 4)
	c.converges()
	place(t, folder, "minimal.yaml", []byte("grants: {resources: [{groups: [''], resources: [pods], verbs: [get, list, watch]}]}\n"))
	place(t, folder, "minimal.wasm", hosttest.Fixture(t, "minimal"))
	p.logged(`"Plugin loaded" plugin="minimal"`)
	if status, body := p.get("/healthz"); status != http.StatusOK {
		t.Errorf("/healthz = %d %q, want 200", status, body)
	}
	if !lives() {
		t.Error("the compile child has ended before its time")
	}
	p.signal(syscall.SIGTERM)
	p.ends(0)
	gone(t, lives)
}

// TestCompileBombIsRefused lets a module be compiled for longer than is allowed.
func TestCompileBombIsRefused(t *testing.T) {
	plane := controlplane.Shared(t)
	folder, cache := t.TempDir(), filepath.Join(t.TempDir(), "cache")
	place(t, folder, "bomb.wasm", bomb())
	p := launch(t, plane.Kubeconfig(), folder, "--leader-elect=false", "--compile-timeout=1s", "--cache-dir="+cache)
	lives := p.compileChild()
	p.logged(`"Plugin is not loaded".*error="cannot be compiled within the limit of 1s of processor time"`)
	gone(t, lives)
	p.ready()
	if got := p.series()[`wcm_modules_refused_total{reason="compile_time"}`]; got != "1" {
		t.Errorf("wcm_modules_refused_total for compile_time: got %q, want 1", got)
	}
	if left, err := filepath.Glob(filepath.Join(cache, "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("left in the cache: %v %v", left, err)
	}
}

// TestCompileChildDiesWithItsHost kills the host, which cannot do anything about it.
func TestCompileChildDiesWithItsHost(t *testing.T) {
	plane := controlplane.Shared(t)
	folder := t.TempDir()
	place(t, folder, "bomb.wasm", bomb())
	p := launch(t, plane.Kubeconfig(), folder, "--leader-elect=false", "--compile-timeout=1h")
	lives := p.compileChild()
	p.signal(syscall.SIGKILL)
	gone(t, lives)
}
