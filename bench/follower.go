// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// follower keeps a log and lets a reader wait for lines.
type follower struct {
	mu    sync.Mutex
	text  strings.Builder
	grown chan struct{} // has an element when there is more
}

func newFollower() *follower { return &follower{grown: make(chan struct{}, 1)} }

// Write appends to the log.
func (l *follower) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.grown <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *follower) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// tail is the end of the log, for an error.
func (l *follower) tail() string {
	text := l.all()
	return text[max(0, len(text)-4000):]
}

// wait waits until a text stands in the log for the nth time.
func (l *follower) wait(ctx context.Context, text string, n int) error {
	timeout := time.NewTimer(2 * time.Minute)
	defer timeout.Stop()
	for {
		found := strings.Count(l.all(), text)
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
