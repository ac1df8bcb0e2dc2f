// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fence

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNotLeader says that another process may lead, so that a write was not
// sent, or that it was cut off and nobody knows whether it happened.
var ErrNotLeader = errors.New("this process does not lead")

// Options configure a [Fence].
type Options struct {
	// Margin is how much later than the end of the trust another process can
	// lead at the earliest. Required.
	Margin time.Duration
	// Clock returns the time since a fixed moment; nil: since the system was
	// booted, suspended time included.
	Clock func() time.Duration
	// Logger says when connections are cut; nil discards it.
	Logger *slog.Logger
}

// Instant is a time on the clock of a fence.
type Instant time.Duration

// Fence knows until when this process may write, and cuts its connections
// after that. Make it with [New] or [Open].
type Fence struct {
	open   bool
	margin time.Duration
	clock  func() time.Duration
	log    *slog.Logger
	until  atomic.Int64 // the Instant at which the trust ends; 0: there is none
	drain  atomic.Bool  // nothing new is let through, what was may end

	mu          sync.Mutex
	cutter      *time.Timer              // cuts at the end of the trust; guarded by mu
	connections map[*connection]struct{} // guarded by mu
	requests    map[*request]struct{}    // sent and not answered; guarded by mu
	idle        chan struct{}            // closed when there are none, if not nil; guarded by mu
	doubt       Instant                  // until when a request without an answer may be performed; guarded by mu
}

// New returns a fence that lets nothing through before its first Extend.
func New(o Options) *Fence {
	f := &Fence{
		margin: o.Margin, clock: o.Clock, log: o.Logger,
		connections: map[*connection]struct{}{}, requests: map[*request]struct{}{},
	}
	if f.clock == nil {
		f.clock = sinceBoot
	}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	return f
}

// Open returns a fence that lets everything through, for a process without
// rivals.
func Open() *Fence { return &Fence{open: true} }

// Now returns the time. Read it before the renewal of a lease is sent: nobody
// knows when the API server gets it.
func (f *Fence) Now() Instant { return Instant(f.clock()) }

// Extend lets writes through until then.
func (f *Fence) Extend(until Instant) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.until.Store(int64(until))
	left := time.Duration(until - f.Now())
	if f.cutter == nil {
		f.cutter = time.AfterFunc(left, f.expire)
		return
	}
	f.cutter.Reset(left)
}

// expire is what the timer does. The trust may have been extended in between.
func (f *Fence) expire() {
	f.mu.Lock()
	if left, err := f.trusted(); err == nil {
		f.cutter.Reset(left)
		f.mu.Unlock()
		return
	}
	cut := f.takeLocked()
	f.mu.Unlock()
	f.cut(cut, "The lease was not renewed in time")
}

// Revoke lets nothing through from now on, and resets all connections.
func (f *Fence) Revoke() {
	if f.open {
		return
	}
	f.mu.Lock()
	f.until.Store(0)
	f.drain.Store(false)
	if f.cutter != nil {
		f.cutter.Stop()
	}
	cut := f.takeLocked()
	f.mu.Unlock()
	f.cut(cut, "The lease is given up")
}

func (f *Fence) takeLocked() map[*connection]struct{} {
	taken := f.connections
	f.connections = map[*connection]struct{}{}
	return taken
}

func (f *Fence) cut(connections map[*connection]struct{}, reason string) {
	for c := range connections {
		c.reset()
	}
	if len(connections) > 0 {
		f.log.Info("Connections for writes are cut", "reason", reason, "connections", len(connections))
	}
}

// Remaining returns how long writes are let through, at least, or why they are
// not: an error that is [ErrNotLeader].
func (f *Fence) Remaining() (time.Duration, error) {
	if f.drain.Load() {
		return 0, ErrNotLeader
	}
	return f.trusted()
}

// trusted is Remaining for what was let through before [Fence.Drain].
func (f *Fence) trusted() (time.Duration, error) {
	if f.open {
		return math.MaxInt64, nil
	}
	until := f.until.Load()
	if until == 0 {
		return 0, ErrNotLeader
	}
	left := time.Duration(until) - f.clock()
	if left <= 0 {
		return 0, fmt.Errorf("%w: its lease should have been renewed %v ago", ErrNotLeader, (-left).Round(time.Millisecond))
	}
	return left, nil
}

// CanWrite returns nil if a write would be let through now, else why not.
func (f *Fence) CanWrite() error {
	_, err := f.Remaining()
	return err
}

// Settled reports whether every write that was let through has been answered
// or can no longer be performed. While it is false after [Fence.Revoke], the
// lease must not be given to anybody else before it expires.
func (f *Fence) Settled() bool {
	if f.open {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests) == 0 && f.Now() >= f.doubt
}
