// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package process starts the programs that are measured, and tells what they use
// of the machine: memory and CPU time as Linux counts them, and what they say of
// themselves in logs and metrics.
package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a running command whose use of the machine Linux tells.
type Process struct {
	command *exec.Cmd
	done    chan struct{} // closed when it has ended
	err     error         // how; set before done is closed
}

// Start starts a command, which ends with the benchmark at the latest.
func Start(command *exec.Cmd) (*Process, error) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &Process{command: command, done: make(chan struct{})}
	go func() { // ends with the process
		defer close(p.done)
		p.err = command.Wait()
	}()
	return p, nil
}

// Signal sends the process a signal.
func (p *Process) Signal(s os.Signal) error { return p.command.Process.Signal(s) }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop ends the process. How it exits is not measured here.
func (p *Process) Stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		<-p.done
		return fmt.Errorf("%s has ended by itself: %w", p.command.Path, errors.Join(err, p.err))
	}
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		return p.command.Process.Kill()
	}
	return nil
}

// CPU returns the CPU time of the process so far in seconds.
func (p *Process) CPU() (float64, error) {
	text, err := p.proc("stat")
	if err != nil {
		return 0, err
	}
	// The second field is the name in parentheses, which may have spaces.
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	const user, system, ticksPerSecond = 11, 12, 100
	var ticks int64
	for _, field := range []int{user, system} {
		n, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("CPU time of %s: %w", p.command.Path, err)
		}
		ticks += n
	}
	return float64(ticks) / ticksPerSecond, nil
}

// PeakRSS returns the largest resident memory that the process had, in bytes.
func (p *Process) PeakRSS() (float64, error) { return p.memory("VmHWM") }

// RSS returns the resident memory of the process, in bytes.
func (p *Process) RSS() (float64, error) { return p.memory("VmRSS") }

// AnonymousRSS returns how much of that no file stands behind, in bytes.
func (p *Process) AnonymousRSS() (float64, error) { return p.memory("RssAnon") }

// PSS returns the resident memory of the process in bytes, pages that it has at
// several addresses, or shares with other processes, in proportion.
func (p *Process) PSS() (float64, error) { return p.field("smaps_rollup", "Pss") }

func (p *Process) memory(field string) (float64, error) { return p.field("status", field) }

func (p *Process) field(file, field string) (float64, error) {
	text, err := p.proc(file)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			kibibytes, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kibibytes * 1024, err
		}
	}
	return 0, fmt.Errorf("memory of %s: %s has no %s", p.command.Path, file, field)
}

// CompiledCode returns how much of the process's memory is code that it has
// made itself, in bytes: such code is in no file, or in one without a name.
func (p *Process) CompiledCode() (float64, error) {
	text, err := p.proc("smaps")
	if err != nil {
		return 0, err
	}
	total, made := 0.0, false
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) >= 5 && strings.Contains(fields[0], "-"):
			const named = 6 // a file, or something of the kernel's
			made = strings.HasPrefix(fields[1], "r-x") && (len(fields) < named || fields[len(fields)-1] == "(deleted)")
		case made && fields[0] == "Rss:":
			kibibytes, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				return 0, fmt.Errorf("memory of %s: %w", p.command.Path, err)
			}
			total += kibibytes * 1024
		}
	}
	return total, nil
}

// Mappings returns how many pieces the address space of the process has.
func (p *Process) Mappings() (float64, error) {
	text, err := p.proc("maps")
	return float64(strings.Count(text, "\n")), err
}

// Files returns how many files and connections the process has open.
func (p *Process) Files() (float64, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.command.Process.Pid))
	return float64(len(entries)), err
}

func (p *Process) proc(file string) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.command.Process.Pid, file))
	return string(text), err
}
