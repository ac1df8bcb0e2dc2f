// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package confine_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wasm-controller-manager/wcm/host/module/confine"
)

// TestMain makes the test binary a confined process when it is told what to do there.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "confined" {
		os.Exit(act(os.Args[2]))
	}
	goleak.VerifyTestMain(m)
}

func run(t *testing.T, what string, edit ...func(*confine.Command)) (string, confine.Usage, error) {
	t.Helper()
	c := confine.Command{Arguments: []string{"confined", what}, Timeout: time.Minute, MaxOutput: 1 << 20}
	for _, e := range edit {
		e(&c)
	}
	answer, usage, err := confine.Run(t.Context(), c)
	return string(answer), usage, err
}

func TestRunAnswers(t *testing.T) {
	input := strings.Repeat("wasm", 1<<20)
	answer, usage, err := run(t, "length", func(c *confine.Command) { c.Input = strings.NewReader(input) })
	if err != nil || answer != "4194304" {
		t.Errorf("length of the input: got %q, %v, want 4194304", answer, err)
	}
	if usage.Wall <= 0 || runtime.GOOS == "linux" && usage.Memory < 1<<20 {
		t.Errorf("usage %+v, want some time and a megabyte at least", usage)
	}
}

// TestRunReportsDeath holds what is told about each way to die.
func TestRunReportsDeath(t *testing.T) {
	for _, c := range []struct {
		what  string
		death confine.Death
		text  string // a part of it
		edit  func(*confine.Command)
	}{
		{"hang", confine.Time, "not done after 100ms", func(c *confine.Command) { c.Timeout = 100 * time.Millisecond }},
		{"spin", confine.Time, "not done after 100ms", func(c *confine.Command) { c.Timeout = 100 * time.Millisecond }},
		{"work for a second", confine.Time, "not done after 1s of processor time", func(c *confine.Command) { c.Timeout, c.CPU = 100*time.Second, time.Second }},
		{"eat", confine.Memory, "", nil},
		{"be killed", confine.Memory, "killed by another", nil},
		{"panic", confine.Crash, "panic: at the disco", nil},
		{"fail silently", confine.Crash, "exit status 7", nil},
		{"chatter", confine.Crash, "its answer has more than 100 bytes", func(c *confine.Command) { c.MaxOutput = 100 }},
		{"complain", confine.Crash, "oh no, oh no", nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			answer, _, err := run(t, c.what, func(command *confine.Command) {
				if c.edit != nil {
					c.edit(command)
				}
			})
			death, ok := errors.AsType[*confine.DeathError](err)
			if !ok || death.Death != c.death || !strings.Contains(death.Text, c.text) {
				t.Fatalf("Run = %q, %v: want death by %s with the text %q", answer, err, c.death, c.text)
			}
			if len(death.Text) > 8<<10 || strings.Contains(death.Text, "\n") {
				t.Errorf("the text is more than a line: %q", death.Text)
			}
		})
	}
}

// TestRunEndsWithItsContext ends the context of a process that is at work: it
// has read more than a pipe holds.
func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("no longer wanted")
	_, _, err := confine.Run(ctx, confine.Command{
		Arguments: []string{"confined", "length"}, Timeout: time.Minute, MaxOutput: 100,
		Input: &endless{after: 1 << 20, do: func() { cancel(reason) }},
	})
	if !errors.Is(err, reason) {
		t.Errorf("Run whose context ended: %v, want %v", err, reason)
	}
}

// endless is an input without end, which does something after some bytes.
type endless struct {
	after int
	do    func()
}

func (e *endless) Read(p []byte) (int, error) {
	if e.after -= len(p); e.after < 0 {
		e.do()
	}
	return len(p), nil
}

func TestRunInheritsNothing(t *testing.T) {
	t.Setenv("SECRET", "hunter2")
	file, err := os.Open("confine.go") // a descriptor to inherit
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	answer, _, err := run(t, "environment")
	if err != nil || answer != "" {
		t.Errorf("environment of the process: %q, %v, want none", answer, err)
	}
	if answer, _, err = run(t, "directory"); err != nil || answer != "/" {
		t.Errorf("directory of the process: %q, %v, want /", answer, err)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if answer, _, err = run(t, "descriptors"); err != nil || strings.Contains(answer, "confine.go") {
		t.Errorf("descriptors of the process:\n%s%v\nwant none of its parent's", answer, err)
	}
}

// TestRunNeedsAProgram shows that a process that cannot be started is no death.
func TestRunNeedsAProgram(t *testing.T) {
	_, _, err := run(t, "length", func(c *confine.Command) { c.Dir = t.TempDir() + "/gone" })
	if _, died := errors.AsType[*confine.DeathError](err); err == nil || died {
		t.Errorf("Run in a folder that does not exist: %v, want an error that is no death", err)
	}
}
