// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Log keeps a log and lets a reader wait for lines. Safe for
// concurrent use, with one waiter.
type Log struct {
	mu    sync.Mutex
	text  strings.Builder
	grown chan struct{} // has an element when there is more
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{grown: make(chan struct{}, 1)} }

// Write appends to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.grown <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

// All returns what was logged so far.
func (l *Log) All() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Tail is the end of the log, for an error.
func (l *Log) Tail() string {
	text := l.All()
	return text[max(0, len(text)-tail):]
}

const tail = 4 << 10

// Tail returns the end of the log that stands in a file, for an error.
func Tail(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > tail {
		_, _ = f.Seek(-tail, io.SeekEnd) // else the whole of it
	}
	text, _ := io.ReadAll(f)
	return string(text)
}

// Wait waits until a text stands in the log for the nth time.
func (l *Log) Wait(ctx context.Context, text string, n int) error {
	timeout := time.NewTimer(2 * time.Minute)
	defer timeout.Stop()
	for {
		found := strings.Count(l.All(), text)
		if found >= n {
			return nil
		}
		select {
		case <-l.grown:
		case <-timeout.C:
			return fmt.Errorf("%q stands in the log %d times after two minutes, want %d", text, found, n)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
