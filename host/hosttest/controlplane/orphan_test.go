// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// TestKilledParent kills a process that holds a plane, as a test runner does
// after its timeout, and looks for what that left behind.
func TestKilledParent(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane")
	}
	temp := t.TempDir()
	parent := exec.Command(os.Args[0], "-test.run=^TestHoldPlane$")
	parent.Env = append(os.Environ(), holdPlane+"=1", "TMPDIR="+temp)
	parent.Stderr = os.Stderr
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "https://") {
		t.Errorf("the parent says %q, want a URL; error %v", line, err)
	}
	if len(processes(t, temp)) == 0 {
		t.Log("this system does not list processes; looking for files only")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	parent.Wait() // says that it was killed

	deadline := time.Now().Add(30 * time.Second)
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		running := processes(t, temp)
		left, err := filepath.Glob(filepath.Join(temp, "wcm-control-plane-*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(running) == 0 && len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: processes %q, directories %v", running, left)
		}
	}
}

// holdPlane is set in the environment of the parent in TestKilledParent.
const holdPlane = "WCM_TEST_HOLD_PLANE"

// TestHoldPlane is that parent. It has the plane that nobody ever stops.
func TestHoldPlane(t *testing.T) {
	if os.Getenv(holdPlane) == "" {
		t.Skip("part of TestKilledParent")
	}
	fmt.Fprintln(os.Stdout, controlplane.Shared(t).URL())
	select {} // until killed
}

// processes are the command lines of all processes that mention dir. Where
// there is no /proc there are none.
func processes(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(raw), dir) {
			found = append(found, strings.ReplaceAll(string(raw), "\x00", " "))
		}
	}
	return found
}
