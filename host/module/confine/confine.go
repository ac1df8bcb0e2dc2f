// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package confine runs a part of this program in a process of its own, which
// may die of what it is given: of too much time, of too much memory, of a
// crash. [Run] starts the same binary again, hands it its input and returns
// its answer or how it died; [Enter], in that process, gives up what the work
// does not need.
//
// It confines appetite, not malice: both sides are this program's own code. It
// knows nothing of what the work is. Everything in it is safe for concurrent
// use.
package confine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Limits is what a process may take; 0 leaves that limit as it is.
type Limits struct {
	Memory   int64         // bytes of address space beyond what it has when it enters
	CPU      time.Duration // of all its threads; rounded up to seconds
	FileSize int64         // bytes of each file that it writes
	Files    int           // descriptors that are open at once
}

// Command is a piece of work for a process.
type Command struct {
	// Arguments are those of this program with which its main function does
	// the work.
	Arguments []string
	Dir       string        // working directory; empty: the root
	Input     io.Reader     // its standard input
	Timeout   time.Duration // after which it is killed; must be positive
	CPU       time.Duration // its own limit of processor time, as it was told; 0: it has none
	MaxOutput int           // bytes of standard output that are an answer; more is a crash
}

// Usage is what a process took.
type Usage struct {
	Wall   time.Duration
	CPU    time.Duration
	Memory int64 // bytes resident at the peak; 0 where that is not known
}

// Death is what a process died of.
type Death string

// The kinds of death.
const (
	Time   Death = "time"   // of the clock or of the processor
	Memory Death = "memory" // more than the limit, or than the machine has
	Crash  Death = "crash"  // anything else, a wrong exit code among it
)

// DeathError says that a process ended without an answer.
type DeathError struct {
	Death Death
	// Text is what is known about it: the first line that the process wrote
	// about its end, or its state.
	Text string
}

// Error says how the process died.
func (e *DeathError) Error() string { return "process died (" + string(e.Death) + "): " + e.Text }

// errTime is the cause of a context whose process took too long.
var errTime = errors.New("time is up")

// maxComplaint is how much of what a process writes to standard error is kept.
const maxComplaint = 4 << 10

// Run starts this program again and returns what it wrote to standard output.
// It inherits no environment and no descriptors, leads a process group of its
// own, is killed when ctx ends, the time is up or this process dies, and is
// gone when Run returns. The error is a [DeathError], the cause of ctx, or why
// no process could be started.
func Run(ctx context.Context, c Command) ([]byte, Usage, error) {
	// The process is killed with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	limited, cancel := context.WithTimeoutCause(ctx, c.Timeout, errTime)
	defer cancel()

	answer, complaint := &bounded{max: c.MaxOutput, strict: true}, &bounded{max: maxComplaint}
	command := exec.CommandContext(limited, executable())
	command.Args = append([]string{os.Args[0]}, c.Arguments...)
	command.Env = []string{}
	command.Dir = c.Dir
	if c.Dir == "" {
		command.Dir = string(os.PathSeparator)
	}
	command.Stdin, command.Stdout, command.Stderr = c.Input, answer, complaint
	command.SysProcAttr = attributes()
	command.Cancel = func() error { return killGroup(command.Process) }
	command.WaitDelay = time.Second // for its pipes, after its end

	start := time.Now()
	err := command.Run()
	usage := Usage{Wall: time.Since(start)}
	state := command.ProcessState
	if state == nil {
		return nil, usage, fmt.Errorf("start a process of %s: %w", command.Path, err)
	}
	usage.CPU, usage.Memory = state.UserTime()+state.SystemTime(), peak(state)
	switch {
	case err == nil:
		return answer.text.Bytes(), usage, nil
	case errors.Is(context.Cause(limited), errTime):
		return nil, usage, &DeathError{Time, "not done after " + c.Timeout.String()}
	case limited.Err() != nil:
		return nil, usage, context.Cause(limited)
	case killed(state) && c.CPU > 0 && usage.CPU >= c.CPU*3/4: // the kernel did it, and counts by ticks
		return nil, usage, &DeathError{Time, "not done after " + c.CPU.String() + " of processor time"}
	}
	return nil, usage, autopsy(state, err, complaint.text.String())
}

// autopsy says what a process died of that nobody meant to kill.
func autopsy(state *os.ProcessState, err error, complaint string) error {
	text := firstLine(complaint)
	switch {
	case text == "":
		text = err.Error()
	case state.Success(): // it ended well, but its pipes did not
		text = err.Error() + ": " + text
	}
	switch {
	case lacksMemory(complaint):
		return &DeathError{Memory, text}
	case killed(state):
		return &DeathError{Memory, "killed by another, as a kernel does that is out of memory"}
	}
	return &DeathError{Crash, text}
}

// lacksMemory recognizes the last words of a Go program whose allocation failed.
func lacksMemory(complaint string) bool {
	for _, words := range []string{
		"out of memory", "cannot allocate memory", "failed to reserve page summary memory",
		"too many address space collisions", "ThreadSanitizer failed to allocate", // under the race detector
	} {
		if strings.Contains(complaint, words) {
			return true
		}
	}
	return false
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.ToValidUTF8(line, "?")
}

// bounded keeps the first bytes that are written to it. What is more is
// dropped, or an error if it is strict.
type bounded struct {
	text   bytes.Buffer
	max    int
	strict bool
}

func (b *bounded) Write(p []byte) (int, error) {
	left := b.max - b.text.Len()
	if len(p) > left && b.strict {
		return 0, fmt.Errorf("its answer has more than %d bytes", b.max)
	}
	b.text.Write(p[:min(len(p), left)])
	return len(p), nil
}
