// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

// killAfter is how long a child may take to stop.
const killAfter = 30 * time.Second

// A request is what a command is started with.
type request struct {
	Options
	dir       bootstrap.Dir
	temporary bool // remove dir if this process dies
}

// A command can start the two servers.
type command interface {
	// start returns when the servers are ready. On failure nothing is left
	// running.
	start(ctx context.Context, r request) (*process, error)
}

// A process is a running child. Its standard input is a pipe that this process
// holds open, so that the child notices when this process is gone: no signal
// and no deferred call would tell it after a kill or a panic.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ask   func() error  // asks the child to stop
	done  chan struct{} // closed when the child has been waited for
	err   error         // how the child ended; valid once done is closed
}

// spawn starts the child. Its end is waited for by a goroutine that ends with
// it. What it writes to standard error, unless that goes elsewhere, becomes
// part of the error with which it ends.
func spawn(cmd *exec.Cmd) (*process, error) {
	stderr := &bytes.Buffer{} // the child's copier writes; read once that has ended
	if cmd.Stderr == nil {
		cmd.Stderr = stderr
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Ctrl-C at a terminal is for the parent, which then stops the child.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, stdin.Close())
	}
	p := &process{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	go func() {
		if p.err = cmd.Wait(); p.err != nil && stderr.Len() > 0 {
			p.err = fmt.Errorf("%w: %s", p.err, bytes.TrimSpace(stderr.Bytes()))
		}
		close(p.done)
	}()
	return p, nil
}

// stop asks the child to stop and waits until it has, and kills it if it takes
// too long. A child that had ended before is an error: nobody asked it to.
func (p *process) stop() error {
	defer p.stdin.Close()
	select {
	case <-p.done:
		return fmt.Errorf("the control plane had ended by itself: %w", cmp.Or(p.err, errEarly))
	default:
	}
	if err := p.ask(); err != nil {
		return errors.Join(err, p.kill())
	}
	select {
	case <-p.done:
		return p.err
	case <-time.After(killAfter):
		return errors.Join(fmt.Errorf("the control plane did not stop in %s", killAfter), p.kill())
	}
}

func (p *process) kill() error {
	err := p.cmd.Process.Kill()
	<-p.done
	return err
}

// errEarly stands for the end of a child that gave no error.
var errEarly = errors.New("nobody had asked it to")
