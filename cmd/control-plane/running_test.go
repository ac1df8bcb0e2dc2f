// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

// A running is an "up" that is ready.
type running struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *bytes.Buffer // complete once the command has ended
	ready  string
	done   chan struct{} // closed when the command has ended
}

var readyLine = regexp.MustCompile(`^ready: https://127\.0\.0\.1:\d+ kubeconfig=/.*\n$`)

func startUp(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{cmd: command(append([]string{"up"}, args...)...), stderr: &bytes.Buffer{}, done: make(chan struct{})}
	r.cmd.Stderr = r.stderr
	stdin, err := r.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.stdin = stdin
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.ready, _ = bufio.NewReader(stdout).ReadString('\n')
	go func() {
		r.cmd.Wait() // ProcessState has what the tests ask for
		close(r.done)
	}()
	t.Cleanup(func() {
		r.cmd.Process.Kill()
		<-r.done
	})
	if !readyLine.MatchString(r.ready) {
		r.cmd.Process.Kill()
		<-r.done
		t.Fatalf("up %q says %q, want %s\n%s", args, r.ready, readyLine, r.stderr)
	}
	return r
}

func (r *running) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func (r *running) wantExit(t *testing.T, code int) {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(stopTimeout):
		t.Fatalf("still running after %s", stopTimeout)
	}
	if got := r.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d\n%s", got, code, r.stderr)
	}
}

func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

func runCommand(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

func runOK(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := runCommand(t, args...)
	if code != 0 {
		t.Fatalf("%q exits %d: %s", args, code, stderr)
	}
	return stdout
}
