// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asCommand in the environment makes the test binary be the command.
const asCommand = "WCM_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestUpDown goes through the life of a named data directory.
func TestUpDown(t *testing.T) {
	dir, config := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "sub", "config")
	up := startUp(t, "--data-dir", dir, "--kubeconfig", config)
	if !strings.HasSuffix(up.ready, " kubeconfig="+config+"\n") {
		t.Errorf("up says %q, want the kubeconfig %s", up.ready, config)
	}
	written, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if printed := runOK(t, "kubeconfig", "--data-dir", dir); printed != string(written) {
		t.Errorf("kubeconfig prints\n%s\nwant what up wrote\n%s", printed, written)
	}
	if _, stderr, code := runCommand(t, "up", "--data-dir", dir); code != exitFailed || !strings.Contains(stderr, "served by another process") {
		t.Errorf("a second up exits %d with %q, want %d and the reason", code, stderr, exitFailed)
	}
	runOK(t, "down", "--data-dir", dir)
	up.wantExit(t, 0)
	runOK(t, "down", "--data-dir", dir) // it is down already

	again := startUp(t, "--data-dir", dir, "--kubeconfig", config)
	if again.ready != up.ready {
		t.Errorf("up says %q the second time, want %q as the first", again.ready, up.ready)
	}
}

// TestTemporary: without --data-dir nothing stays.
func TestTemporary(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	up := startUp(t)
	up.signal(t, os.Interrupt)
	up.wantExit(t, 0)
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
	if stderr := up.stderr.String(); stderr != "" {
		t.Errorf("the screen has %q, want nothing", stderr)
	}
}

// TestParentGone: the end of standard input stops it, if asked for.
func TestParentGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	up := startUp(t, "--data-dir", dir, "--exit-with-parent", "--remove-data-with-parent")
	if err := up.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	up.wantExit(t, 0)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data directory is still there, error %v", err)
	}
}

// TestSecondSignal: whoever asks twice does not wait.
func TestSecondSignal(t *testing.T) {
	up := startUp(t, "--data-dir", t.TempDir())
	up.signal(t, syscall.SIGTERM)
	up.signal(t, os.Interrupt)
	up.wantExit(t, exitInterrupted)
}

// TestInterruptedStart: a signal at any moment of the start stops it cleanly.
// The servers have dozens of steps that see it first, so try several moments.
func TestInterruptedStart(t *testing.T) {
	for after := 200 * time.Millisecond; after < 2*time.Second; after += 300 * time.Millisecond {
		temp := t.TempDir()
		cmd := command("up")
		cmd.Env = append(cmd.Env, "TMPDIR="+temp)
		var screen bytes.Buffer
		cmd.Stderr = &screen
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitForLog(t, temp)
		time.Sleep(after)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := cmd.Wait(); err != nil || screen.Len() > 0 {
			t.Errorf("after %s: %v, screen %q, want a quiet end", after, err, &screen)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("after %s: the stop took %s", after, took)
		}
		if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) > 0 {
			t.Errorf("after %s: left behind %v, error %v", after, left, err)
		}
	}
}

// waitForLog waits until an up in temp has opened its log; signals are heeded
// since long before.
func waitForLog(t *testing.T, temp string) {
	t.Helper()
	for range 1000 {
		if logs, _ := filepath.Glob(filepath.Join(temp, "*", "control-plane.log")); len(logs) > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("up does not open its log")
}

// TestVersion: it is the one that the linker was told, and no flag of upstream's.
func TestVersion(t *testing.T) {
	if got, want := runOK(t, "--version"), name+" version v"; !strings.HasPrefix(got, want) {
		t.Errorf("--version prints %q, want %q", got, want)
	}
}

// TestErrors: a failure says what and, once there is a log, how it came to it.
func TestErrors(t *testing.T) {
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"rise"}, exitUsage, `unexpected "rise"`},
		{[]string{"up", "--no-such-flag"}, exitUsage, "no-such-flag"},
		{[]string{"up", "now"}, exitUsage, `unexpected "now"`},
		{[]string{"down", "now"}, exitUsage, `unexpected "now"`},
		{[]string{"up", "--port", "70000"}, exitUsage, "70000 is not a port"},
		{[]string{"up", "--remove-data-with-parent"}, exitUsage, "needs --exit-with-parent"},
		{[]string{"up", "--", "--no-such-flag"}, exitFailed, "no-such-flag"},
		{[]string{"up", "--feature-gates", "NoSuchGate=true"}, exitFailed, "the end of "},
		{[]string{"down"}, exitUsage, "--data-dir is required"},
		{[]string{"down", "--data-dir", "/no/such/directory"}, exitFailed, "not the data directory"},
		{[]string{"kubeconfig", "--data-dir", "/no/such/directory"}, exitFailed, "has not been served yet"},
	}
	t.Setenv("TMPDIR", t.TempDir())
	for _, test := range tests {
		_, stderr, code := runCommand(t, test.args...)
		if code != test.code || !strings.Contains(stderr, test.want) {
			t.Errorf("%q exits %d with %q, want %d with %q", test.args, code, stderr, test.code, test.want)
		}
	}
}
