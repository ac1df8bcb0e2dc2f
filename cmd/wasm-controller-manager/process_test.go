// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// process is the program at work as a process of its own.
type process struct {
	t       *testing.T
	command *exec.Cmd
	log     *transcript
	url     string // of plain HTTP
	ended   chan struct{}
}

// transcript is what a process wrote.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// electionFlags make an election quick. Each test has a lease of its own, by the
// name of its namespace.
func electionFlags(lease string) []string {
	return []string{
		"--leader-elect-lease-duration=3s", "--leader-elect-renew-deadline=2s", "--leader-elect-retry-period=250ms",
		"--leader-elect-resource-name=" + lease,
	}
}

// launch starts the program and returns when it serves. It is killed at the
// end of the test, and its log shown if the test failed.
func launch(t *testing.T, kubeconfig, folder string, flags ...string) *process {
	t.Helper()
	return launchBy(t, nil, kubeconfig, folder, flags...)
}

// launchBy is launch by a program that becomes what follows its own arguments.
func launchBy(t *testing.T, launcher []string, kubeconfig, folder string, flags ...string) *process {
	t.Helper()
	p := &process{t: t, log: &transcript{}, ended: make(chan struct{})}
	line := append(append(slices.Clone(launcher), name, "--kubeconfig", kubeconfig, "--plugin-dir", folder, "--secure-port=0", "--plain-bind-address=127.0.0.1:0", "--v=4",
		"--cache-dir", filepath.Join(os.TempDir(), "wcm-test-cache")), flags...)
	p.command = exec.Command(line[0], line[1:]...)
	p.command.Stdout, p.command.Stderr = p.log, p.log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the process, which the cleanup kills
		_ = p.command.Wait() // ProcessState has it
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.command.Process.Kill() // it has ended, most often
		<-p.ended
		if t.Failed() {
			t.Logf("process %d:\n%s", p.command.Process.Pid, p.log)
		}
	})
	p.url = p.logged(`"Serving" url="(http://[^"]*)"`)
	return p
}

// logged waits for a line and returns the first group of the expression.
func (p *process) logged(expression string) string {
	p.t.Helper()
	e := regexp.MustCompile(expression)
	var found []string
	hosttest.Eventually(p.t, func() string {
		if found = e.FindStringSubmatch(p.log.String()); len(found) == 0 {
			return "the log has no line like " + expression
		}
		return ""
	})
	return found[len(found)-1]
}

// get returns what the process serves at a path.
func (p *process) get(path string) (status int, body string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(content)
}

// ready waits until the process says that it is.
func (p *process) ready() {
	p.t.Helper()
	hosttest.Eventually(p.t, func() string {
		if status, body := p.get("/readyz"); status != http.StatusOK {
			return fmt.Sprintf("/readyz: %d %s", status, body)
		}
		return ""
	})
}

// series returns the samples of /metrics as "name{labels}": value.
func (p *process) series() map[string]string {
	p.t.Helper()
	_, body := p.get("/metrics")
	series := map[string]string{}
	for line := range strings.Lines(body) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "} "); ok && line[0] != '#' {
			series[name+"}"] = value
		}
	}
	return series
}

// sending returns how many bytes the kernel has that the process sent to a port
// and that nobody has acknowledged, on the fullest connection.
func (p *process) sending(port int) (most int64) {
	p.t.Helper()
	table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", p.command.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		columns := strings.Fields(line) // number, local and remote address, state, queues
		if len(columns) < 5 || !strings.HasSuffix(columns[2], fmt.Sprintf(":%04X", port)) {
			continue
		}
		queue, _, _ := strings.Cut(columns[4], ":")
		if n, err := strconv.ParseInt(queue, 16, 64); err == nil {
			most = max(most, n)
		}
	}
	return most
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the end of the process and returns how it came and how long it took.
func (p *process) end() (*os.ProcessState, time.Duration) {
	p.t.Helper()
	began := time.Now()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.t.Fatal("the process has not ended after a minute")
	}
	return p.command.ProcessState, time.Since(began)
}

func (p *process) ends(code int) time.Duration {
	p.t.Helper()
	state, took := p.end()
	if state.ExitCode() != code {
		p.t.Errorf("the process ended with %v, want exit code %d", state, code)
	}
	return took
}

// pluginFolder is a plugin directory with plugins of the repository.
func pluginFolder(t *testing.T, plugins ...string) string {
	t.Helper()
	folder := t.TempDir()
	for _, p := range plugins {
		if source, ours := strings.CutPrefix(p, "plugins/"); ours {
			hosttest.PlaceController(t, source, folder)
			continue
		}
		hosttest.BuildPlugin(t, p, filepath.Join(folder, filepath.Base(p)+".wasm"))
	}
	return folder
}
