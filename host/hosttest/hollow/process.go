// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package hollow

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Process is a program of the cluster. Its methods may be used by one
// goroutine at a time.
type Process struct {
	// Name is the program's, Log the file that it writes to.
	Name, Log string

	command *exec.Cmd
	done    chan struct{} // closed when it has ended
	err     error         // how; set before done is closed
}

// named returns the options for a program that logs under another name.
func (o Options) named(name string) Options {
	o.logName = name
	return o
}

// run starts a program. It dies with this process.
func run(o Options, program string, args ...string) (*Process, error) {
	name := cmp.Or(o.logName, program)
	p := &Process{Name: name, Log: filepath.Join(o.Dir, name+".log"), done: make(chan struct{})}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	p.command = exec.Command(filepath.Join(o.Bin, program), args...)
	p.command.Stdout, p.command.Stderr = log, log
	// Ctrl-C is for this process, which then stops the others in their order.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() { // ends with the process
		defer close(p.done)
		p.err = p.command.Wait()
	}()
	return p, nil
}

// PID is the process's number.
func (p *Process) PID() int { return p.command.Process.Pid }

// Done is closed when the process has ended, whatever the reason.
func (p *Process) Done() <-chan struct{} { return p.done }

// Kill kills the process and waits for its end.
func (p *Process) Kill() error {
	err := p.command.Process.Kill()
	<-p.done
	return err
}

// Stop asks the process to end and waits. The error says if it had ended by
// itself before, or does not end in half a minute.
func (p *Process) Stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		<-p.done
		return fmt.Errorf("%s had ended by itself, see %s: %w", p.Name, p.Log, errors.Join(err, p.err))
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(fmt.Errorf("%s did not end after SIGTERM, see %s", p.Name, p.Log), p.Kill())
	}
}
