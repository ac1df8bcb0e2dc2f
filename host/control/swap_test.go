// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := &recorder{answer: func(_ context.Context, a Attempt) Outcome {
			<-time.After(time.Minute)
			return Outcome{Err: errTest}
		}}
		after := &recorder{}
		c := New(Options{Name: "test", Reconciler: before, Concurrency: 2})
		stop := run(t, c)
		c.Add(key("a"))
		synctest.Wait()

		drained := c.Swap(after)
		c.Add(key("a"))
		c.Add(key("b"))
		expectNames(t, after, "b") // a is still with the old one
		if closed(drained) {
			t.Error("drained is closed while the old reconciler runs")
		}
		pass(time.Minute)
		expectNames(t, after, "b a")
		if !closed(drained) {
			t.Error("drained is open although nothing runs on the old reconciler")
		}
		if got := after.attempts[1].Failures; got != 0 {
			t.Errorf("Failures on the new reconciler = %d, want 0", got)
		}
		expectNames(t, before, "a")
		expectStopped(t, stop)
	})
}

func TestSwapRetriesWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &recorder{answer: func(context.Context, Attempt) Outcome { return Outcome{Err: errTest, Trap: true} }}
		fixed := &recorder{}
		c := newTest(broken)
		stop := run(t, c)
		c.Add(key("a"))
		pass(time.Hour)
		if closed(c.Swap(fixed)) != true {
			t.Error("drained is open although nothing ran")
		}
		expectNames(t, fixed, "a") // at once, not after the rest of its back-off
		if got := fixed.attempts[0].Failures; got != 0 {
			t.Errorf("Failures on the new reconciler = %d, want 0", got)
		}
		expectStopped(t, stop)
	})
}

func TestSwapWhileStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := &recorder{}, &recorder{}
		c := newTest(before)
		c.Add(key("a"))
		if !closed(c.Swap(after)) {
			t.Error("drained is open although nothing ran")
		}
		stop := run(t, c)
		expectNames(t, after, "a")
		expectNames(t, before, "")
		expectStopped(t, stop)
	})
}

func TestSwapRetriesWhatIsFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &recorder{answer: func(context.Context, Attempt) Outcome {
			<-time.After(time.Minute)
			return Outcome{Err: errTest, Trap: true}
		}}
		fixed := &recorder{}
		c := newTest(broken)
		stop := run(t, c)
		c.Add(key("a"))
		synctest.Wait()
		c.Swap(fixed)
		pass(time.Minute)
		expectNames(t, fixed, "a") // at once: it was not the new one that trapped
		expectStopped(t, stop)
	})
}
