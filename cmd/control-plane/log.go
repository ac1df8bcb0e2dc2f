// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"k8s.io/klog/v2"
)

const (
	tailLines = 20
	tailBytes = 16 << 10
)

// A logFile stands in the place of standard error, which both servers write to
// from everywhere. The screen that it displaced is kept for the last words.
type logFile struct {
	file   *os.File
	screen *os.File
}

// openLog redirects the logs and the crash reports of this process to a file,
// appending. It works by replacing os.Stderr, so it comes before any logger.
func openLog(name string) (*logFile, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	l := &logFile{file: file, screen: os.Stderr}
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
	return fmt.Errorf("%w\nthe end of %s:\n%s", err, l.file.Name(), l.tail())
}

// exit is how klog ends the process after a fatal message.
func (l *logFile) exit(code int) {
	fmt.Fprintf(l.screen, "%s: fatal; the end of %s:\n%s\n", name, l.file.Name(), l.tail())
	os.Exit(code)
}

// tail is the last lines of the log, or why they cannot be had.
func (l *logFile) tail() []byte {
	file, err := os.Open(l.file.Name())
	if err != nil {
		return []byte(err.Error())
	}
	defer file.Close()
	if size, err := file.Seek(0, io.SeekEnd); err == nil {
		file.Seek(max(0, size-tailBytes), io.SeekStart)
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		return []byte(err.Error())
	}
	lines := bytes.Split(bytes.TrimRight(raw, "\n"), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-tailLines):], []byte("\n"))
}
