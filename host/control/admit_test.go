// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestAdmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		c := New(Options{Name: "test", Reconciler: r, Concurrency: 3})
		stop := run(t, c)
		c.Admit(0)
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			c.Add(key(name))
		}
		expectNames(t, r, "")
		if got := c.Len(); got != 5 {
			t.Errorf("Len() while paused = %d, want all 5 keys", got)
		}
		c.Admit(1)
		synctest.Wait()
		if got := len(r.attempts); got != 1 {
			t.Errorf("attempts after Admit(1) = %s, want one", r.names())
		}
		c.Admit(2)
		synctest.Wait()
		if got := len(r.attempts); got != 3 {
			t.Errorf("attempts after Admit(2) = %s, want two more", r.names())
		}
		c.Admit(Unlimited)
		synctest.Wait()
		if got := len(r.attempts); got != 5 {
			t.Errorf("attempts after Admit(Unlimited) = %s, want all keys", r.names())
		}
		expectStopped(t, stop)
	})
}

// TestAdmitWaitsForAKey lets one key be tried before there is any.
func TestAdmitWaitsForAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		c := newTest(r)
		stop := run(t, c)
		c.Admit(1)
		pass(time.Hour)
		c.Add(key("a"))
		c.Add(key("b"))
		expectNames(t, r, "a")
		expectStopped(t, stop)
	})
}

// TestAdmitDuringAnAttempt pauses from within a reconcile: the worker takes no
// other key, and the key that failed is there when it goes on.
func TestAdmitDuringAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c *Controller
		r := &recorder{}
		r.answer = func(_ context.Context, a Attempt) Outcome {
			if len(r.attempts) == 1 {
				c.Admit(0)
				return Outcome{Err: errTest, Trap: true}
			}
			return Outcome{}
		}
		c = newTest(r)
		stop := run(t, c)
		c.Add(key("a"))
		c.Add(key("b"))
		pass(time.Hour)
		expectNames(t, r, "a")
		c.Admit(Unlimited)
		expectNames(t, r, "a b a")
		expectStopped(t, stop)
	})
}

// TestAdmitOutlivesARun stops and starts a controller that is paused: a lease
// that was lost and won is no reason to go on.
func TestAdmitOutlivesARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		c := New(Options{Name: "test", Reconciler: r, Concurrency: 2})
		stop := run(t, c)
		c.Admit(0)
		for i := range 5 {
			c.Add(key(fmt.Sprint(i)))
		}
		synctest.Wait()
		expectStopped(t, stop)
		stop = run(t, c)
		expectNames(t, r, "")
		if got := c.Len(); got != 5 {
			t.Errorf("Len() of the second run = %d, want all 5 keys", got)
		}
		c.Admit(Unlimited)
		synctest.Wait()
		if got := len(r.attempts); got != 5 {
			t.Errorf("attempts = %s, want all keys", r.names())
		}
		expectStopped(t, stop)
	})
}

// TestSwapAdmits replaces the reconciler of a controller that is paused.
func TestSwapAdmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := &recorder{}, &recorder{}
		c := newTest(before)
		stop := run(t, c)
		c.Admit(0)
		c.Add(key("a"))
		synctest.Wait()
		c.Swap(after)
		expectNames(t, after, "a")
		expectNames(t, before, "")
		expectStopped(t, stop)
	})
}
