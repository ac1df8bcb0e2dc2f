// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"k8s.io/klog/v2"

	"github.com/wasm-controller-manager/wcm/cmd/control-plane/bootstrap"
)

// A logFile stands in the place of standard error, which both servers write to
// from everywhere. The screen that it displaced is kept for the last words.
type logFile struct {
	dir    bootstrap.Dir
	file   *os.File
	screen *os.File
}

// openLog redirects the logs and the crash reports of this process to a file,
// appending. It works by replacing os.Stderr, so it comes before any logger.
func openLog(dir bootstrap.Dir) (*logFile, error) {
	file, err := os.OpenFile(dir.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	l := &logFile{dir: dir, file: file, screen: os.Stderr}
	os.Stderr = file
	klog.OsExit = l.exit
	if err := debug.SetCrashOutput(file, debug.CrashOptions{}); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close gives standard error back. The file itself stays open: goroutines of
// the servers outlive them and may still write.
func (l *logFile) Close() error {
	klog.Flush()
	os.Stderr = l.screen
	return nil
}

// explain adds to an error what the log says last.
func (l *logFile) explain(err error) error {
	if err == nil {
		return nil
	}
	klog.Flush()
	return fmt.Errorf("%w\nthe end of %s:\n%s", err, l.file.Name(), l.dir.LogTail())
}

// exit is how klog ends the process after a fatal message.
func (l *logFile) exit(code int) {
	fmt.Fprintf(l.screen, "%s: fatal; the end of %s:\n%s\n", name, l.file.Name(), l.dir.LogTail())
	os.Exit(code)
}
