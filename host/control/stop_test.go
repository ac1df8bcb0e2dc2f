// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestStopLetsAttemptsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{answer: func(ctx context.Context, _ Attempt) Outcome {
			<-time.After(DefaultDrainTimeout - time.Second)
			return Outcome{Err: ctx.Err()}
		}}
		o := &reports{}
		c := New(Options{Name: "test", Reconciler: r, Observer: o})
		stop := run(t, c)
		for _, name := range []string{"a", "b", "c"} {
			c.Add(key(name))
		}
		expectNames(t, r, "a")
		started := time.Now()
		expectStopped(t, stop)
		if got := time.Since(started); got != DefaultDrainTimeout-time.Second {
			t.Errorf("Run() returned after %v, want when the attempt ended", got)
		}
		if o.all[0].Outcome.Failed() {
			t.Errorf("Outcome = %+v, want success, since there was time to drain", o.all[0].Outcome)
		}
		expectNames(t, r, "a") // no new key was taken
		if got := c.Len(); got != 2 {
			t.Errorf("Len() after Run = %d, want the 2 keys that were not reconciled", got)
		}
	})
}

func TestStopCancelsAfterDrainTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		r := &recorder{answer: func(ctx context.Context, _ Attempt) Outcome {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return Outcome{Err: ctx.Err()}
		}}
		c := New(Options{Name: "test", Reconciler: r, DrainTimeout: time.Minute})
		stop := run(t, c)
		c.Add(key("a"))
		synctest.Wait()
		started := time.Now()
		expectStopped(t, stop)
		if got := time.Since(started); got != time.Minute {
			t.Errorf("Run() returned after %v, want the drain timeout", got)
		}
		if !errors.Is(cause, ErrStopping) {
			t.Errorf("cause of the context's end = %v, want %v", cause, ErrStopping)
		}
		if got := c.Len(); got != 1 {
			t.Errorf("Len() after Run = %d, want the key that was cut off", got)
		}
	})
}

func TestRunAgainGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{answer: func(_ context.Context, a Attempt) Outcome {
			switch {
			case a.Key.Name == "fails" && a.Failures < 20:
				return Outcome{Err: errTest}
			case a.Key.Name == "waits":
				return Outcome{RequeueAfter: time.Hour}
			}
			return Outcome{}
		}}
		c := newTest(r)
		stop := run(t, c)
		c.Add(key("done"))
		c.Add(key("fails"))
		c.Add(key("waits"))
		expectNames(t, r, "done fails waits")
		expectStopped(t, stop)
		c.Add(key("new"))
		if got := c.Len(); got != 3 {
			t.Errorf("Len() between runs = %d, want 3", got)
		}

		r.attempts = nil
		stop = run(t, c)
		synctest.Wait()
		expectStopped(t, stop)
		if got := r.attempts[0].Key.Name; got != "new" {
			t.Errorf("first key of the second run = %s, want the one that changed", got)
		}
		for _, a := range r.attempts {
			if a.Key.Name == "fails" && a.Failures != 1 {
				t.Errorf("Failures of the key that failed = %d, want 1: they outlive a run", a.Failures)
			}
		}
		if len(r.attempts) != 3 {
			t.Errorf("attempts of the second run = %v, want new, fails and waits", r.names())
		}
	})
}

func TestRunRefusesToRunTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := &recorder{answer: func(context.Context, Attempt) Outcome {
			<-release // ignores its context
			return Outcome{Err: errTest}
		}}
		c := newTest(r)
		stop := run(t, c)
		c.Add(key("a"))
		synctest.Wait()
		if err := c.Run(t.Context()); !errors.Is(err, ErrRunning) {
			t.Errorf("second Run() = %v, want %v", err, ErrRunning)
		}
		c.Add(key("a"))
		started := time.Now()
		if err := stop(); err == nil || err.Error() != "controller test: 1 reconciles ignore that they are canceled" {
			t.Errorf("Run() with a stuck reconcile = %v, want an error that counts it", err)
		}
		if got := time.Since(started); got != DefaultDrainTimeout+abandonAfter {
			t.Errorf("Run() gave up after %v, want %v", got, DefaultDrainTimeout+abandonAfter)
		}
		if err := c.Run(t.Context()); !errors.Is(err, ErrRunning) {
			t.Errorf("Run() while a reconcile is stuck = %v, want %v", err, ErrRunning)
		}
		close(release)
		synctest.Wait()
		if got := c.Len(); got != 1 {
			t.Errorf("Len() = %d, want the key of the stuck reconcile", got)
		}
		stop = run(t, c)
		expectNames(t, r, "a a")
		expectStopped(t, stop)
	})
}
