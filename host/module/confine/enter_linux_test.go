// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package confine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/wasm-controller-manager/wcm/host/module/confine"
)

func init() {
	deeds["surrender"] = surrender
	deeds["parent"] = parent
	deeds["orphan"] = orphan
}

// TestEnter tries what a confined process has given up. This machine has to
// offer all of it; others may lack some.
func TestEnter(t *testing.T) {
	answer, _, err := run(t, "surrender")
	if err != nil {
		t.Fatal(err)
	}
	want := `enter [] <nil>
dial socket: operation not permitted
socketpair operation not permitted
exec fork/exec /proc/self/exe: operation not permitted
write 1000 file too large
core 0
files 20
nice 5 of all threads
oom 1000
`
	if d := cmp.Diff(want, answer); d != "" {
		t.Errorf("what a confined process can do (-want +got):\n%s", d)
	}
}

// surrender enters and tells how what it tries then goes.
func surrender() error {
	missing, err := confine.Enter(confine.Limits{Memory: 1 << 30, CPU: time.Hour, FileSize: 1000, Files: 20})
	fmt.Fprintln(os.Stdout, "enter", missing, err)
	_, err = net.Dial("tcp", "127.0.0.1:1")
	operation, _ := errors.AsType[*net.OpError](err)
	fmt.Fprintln(os.Stdout, "dial", operation.Err)
	_, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	fmt.Fprintln(os.Stdout, "socketpair", err)
	fmt.Fprintln(os.Stdout, "exec", exec.Command("/proc/self/exe").Run())
	file, err := os.CreateTemp("", "")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	n, err := file.Write(make([]byte, 2000))
	fmt.Fprintln(os.Stdout, "write", n, errors.Unwrap(err))
	var core, files syscall.Rlimit
	if err := errors.Join(syscall.Getrlimit(unix.RLIMIT_CORE, &core), syscall.Getrlimit(unix.RLIMIT_NOFILE, &files)); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "core", core.Max)
	fmt.Fprintln(os.Stdout, "files", files.Max)
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	nice := "nice 5 of all threads"
	for _, thread := range threads {
		stat, err := os.ReadFile("/proc/self/task/" + thread.Name() + "/stat")
		if fields := strings.Fields(string(stat)); err == nil && fields[18] != "5" {
			nice = "a thread has nice " + fields[18]
		}
	}
	fmt.Fprintln(os.Stdout, nice)
	score, err := os.ReadFile("/proc/self/oom_score_adj")
	fmt.Fprint(os.Stdout, "oom ", string(score))
	return err
}

// TestRunDiesWithItsParent kills a process that waits for its confined one:
// that is gone as well.
func TestRunDiesWithItsParent(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "pid"), 0o600); err != nil {
		t.Fatal(err)
	}
	parent := exec.CommandContext(t.Context(), "/proc/self/exe", "confined", "parent")
	parent.Dir = dir
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "pid")) // the confined process writes to it
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	confined, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("the confined process %d: %v", pid, err)
	}
	defer unix.Close(confined)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	// A pidfd is readable when its process has ended.
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(confined), Events: unix.POLLIN}}, 10_000); n != 1 {
		t.Errorf("the confined process lives after its parent: poll %d, %v", n, err)
	}
}

func parent() error {
	_, _, err := confine.Run(context.Background(), confine.Command{
		Arguments: []string{"confined", "orphan"}, Dir: ".", Timeout: time.Minute, MaxOutput: 1,
	})
	return err
}

func orphan() error {
	if err := os.WriteFile("pid", []byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return err
	}
	return hang()
}
