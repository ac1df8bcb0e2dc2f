// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// The causes with which the context of an attempt ends.
var (
	// ErrTimeout means that the attempt took longer than Options.Timeout.
	ErrTimeout = errors.New("reconcile took too long")
	// ErrStopping means that the controller stops and waited for
	// Options.DrainTimeout already.
	ErrStopping = errors.New("controller is stopping")
)

// ErrRunning is returned by Run if the controller still runs, be it that a
// reconcile of an earlier Run has not returned.
var ErrRunning = errors.New("controller is running already")

// DefaultDrainTimeout is kube-controller-manager's --controller-shutdown-timeout.
const DefaultDrainTimeout = 10 * time.Second

// abandonAfter is how long an attempt may go on after its context has ended
// before Run gives up on it.
const abandonAfter = 5 * time.Second

// Options configure a [Controller].
type Options struct {
	// Name stands in logs and as the label controller in metrics. Required.
	Name string
	// Reconciler reconciles until the first Swap. Required.
	Reconciler Reconciler
	// Concurrency is the number of workers; 0 means 1.
	Concurrency int
	// Timeout limits one attempt, which counts as failed if it heeds its
	// context; 0 means no limit.
	Timeout time.Duration
	// DrainTimeout is how long Run lets attempts finish when it stops, before
	// it ends their context; 0 means DefaultDrainTimeout, less that it does not wait.
	DrainTimeout time.Duration
	// Logger gets a line per attempt; nil discards them.
	Logger *slog.Logger
	// Observer is told of each attempt; nil means nobody is.
	Observer Observer
}

// Controller is one reconcile loop. Make it with [New].
type Controller struct {
	name         string
	concurrency  int
	timeout      atomic.Int64 // a time.Duration
	drainTimeout time.Duration
	log          *slog.Logger
	observer     Observer
	idPrefix     string
	attempts     atomic.Uint64

	mu         sync.Mutex
	generation *generation  // the current reconciler
	running    int          // attempts of all generations that have not ended
	shift      *shift       // nil unless Run runs
	stopping   bool         // Run runs, but its workers take no more keys
	queue      queue        // also between two Runs
	delays     delays       // of this Run
	timer      *time.Timer  // for the next of delays; nil: there was none yet
	notes      keyMap[note] // what is remembered of keys that failed or wait
	admits     int          // keys that the workers may still take; negative: any number
	added      uint64       // keys that began to wait while Run ran
	delayed    uint64       // keys that were to wait for a time
}

// note is what a Controller remembers of a key.
type note struct {
	failures int       // in a row, on the current reconciler
	waiting  bool      // for the time of a retry or of RequeueAfter
	due      time.Time // see Attempt.Due
}

// New returns a controller that runs nothing yet.
func New(o Options) *Controller {
	c := &Controller{
		name:         o.Name,
		concurrency:  max(o.Concurrency, 1),
		drainTimeout: o.DrainTimeout,
		log:          o.Logger,
		observer:     o.Observer,
		idPrefix:     newIDPrefix(),
		generation:   newGeneration(o.Reconciler),
		admits:       Unlimited,
	}
	c.SetTimeout(o.Timeout)
	if c.drainTimeout == 0 {
		c.drainTimeout = DefaultDrainTimeout
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.log = c.log.With(logController, o.Name)
	if c.observer == nil {
		c.observer = nobody{}
	}
	return c
}

// SetTimeout changes Options.Timeout for the attempts that begin from now on.
func (c *Controller) SetTimeout(d time.Duration) { c.timeout.Store(int64(d)) }

// Add asks for a reconcile of key, because something changed. A key that
// waits already, also in the low lane, is reconciled once. While Run does not
// run the key is kept, so that watches may start before a leader is elected.
func (c *Controller) Add(key Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addLocked(key, false)
}

// AddLow asks for a reconcile of key although nothing changed: the object is
// in an initial list, or the reconciler is a new one. Keys of Add go first,
// but one key in sixteen is a low one, so that they are not starved.
func (c *Controller) AddLow(key Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addLocked(key, true)
}

func (c *Controller) addLocked(key Key, low bool) {
	if c.queue.add(key, low, time.Now()) && c.shift != nil {
		c.added++
	}
	c.hireLocked()
}

// Len returns the number of keys that are ready and wait for a worker.
func (c *Controller) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.len()
}

// Known returns the number of keys that wait, for a worker or for a time, or
// whose failures are remembered. One that does two of these counts twice.
func (c *Controller) Known() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.len() + c.notes.len()
}

// Run reconciles until ctx ends. Then it takes no more keys, lets the attempts
// in flight finish for Options.DrainTimeout, and ends their context after
// that. It returns nil when no attempt is left, and an error if some ignore the
// end of their context.
//
// Run may be called again after it returned, when the lease is won again for
// example: keys that were not reconciled, or that wait for a time, are kept.
func (c *Controller) Run(ctx context.Context) error {
	// Attempts outlive ctx by the drain timeout.
	attempts, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(ErrStopping)
	s, err := c.start(attempts)
	if err != nil {
		return err
	}
	<-ctx.Done()
	c.stop()
	err = c.drain(s, cancel)
	c.end()
	return err
}

func (c *Controller) start(attempts context.Context) (*shift, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shift != nil || c.running > 0 {
		return nil, fmt.Errorf("controller %s: %w", c.name, ErrRunning)
	}
	c.observer.RunStarted(c.concurrency, c.Queue)
	c.shift = &shift{attempts: attempts}
	c.added += uint64(c.queue.restart(time.Now()))
	c.hireLocked()
	return c.shift, nil
}

// stop makes the workers end after their current attempt.
func (c *Controller) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
}

// drain waits for the workers, as long as Run promises.
func (c *Controller) drain(s *shift, cancel context.CancelCauseFunc) error {
	drained := make(chan struct{})
	go func() { // ends with the workers
		s.group.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-time.After(max(c.drainTimeout, 0)):
		cancel(ErrStopping)
	}
	select {
	case <-drained:
		return nil
	case <-time.After(abandonAfter):
		c.mu.Lock()
		defer c.mu.Unlock()
		return fmt.Errorf("controller %s: %d reconciles ignore that they are canceled", c.name, c.running)
	}
}

// end keeps the keys that wait for a time without their times. What
// they waited for is forgotten: until the next Run the world is somebody else's.
func (c *Controller) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift, c.stopping = nil, false
	c.forgetDelaysLocked()
	for key, n := range c.notes.entries {
		if n.waiting {
			c.addLocked(key, true)
		}
		c.setNoteLocked(key, note{failures: n.failures})
	}
	c.observer.RunEnded()
}
