// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

const stderrFD = 2

// keepScreen is a second handle of standard error, for our own words: standard
// error itself is going to be the log file.
func keepScreen() (*os.File, error) {
	fd, err := unix.FcntlInt(stderrFD, unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "screen"), nil
}

// A logFile has taken the place of standard error, which both servers write to
// from everywhere.
type logFile struct {
	ctx    context.Context // ends when the process has begun to stop
	dir    bootstrap.Dir
	screen io.Writer
}

// openLog turns standard error into the log file, for the rest of the process.
// It replaces the descriptor, not os.Stderr: some loggers in here have kept the
// latter since before main. A crash is reported on the screen too.
func openLog(ctx context.Context, dir bootstrap.Dir, screen io.Writer) (*logFile, error) {
	file, err := os.OpenFile(dir.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := unix.Dup2(int(file.Fd()), stderrFD); err != nil {
		return nil, err
	}
	if crash, ok := screen.(*os.File); ok {
		if err := debug.SetCrashOutput(crash, debug.CrashOptions{}); err != nil {
			return nil, err
		}
	}
	l := &logFile{ctx: ctx, dir: dir, screen: screen}
	klog.OsExit = l.exit
	return l, nil
}

// explain adds to an error what the log says last.
func (l *logFile) explain(err error) error {
	if err == nil {
		return nil
	}
	klog.Flush()
	return fmt.Errorf("%w\nthe end of %s:\n%s", err, l.dir.Log(), l.dir.LogTail())
}

// exit is how klog ends the process after a fatal message. While the process
// stops it may not: a server that is stopped in the middle of its start finds
// that fatal, and would keep us from cleaning up.
func (l *logFile) exit(int) {
	if l.ctx.Err() != nil {
		select {} // main ends the process
	}
	fmt.Fprintf(l.screen, "%s: fatal; the end of %s:\n%s\n", name, l.dir.Log(), l.dir.LogTail())
	os.Exit(exitFailed)
}
