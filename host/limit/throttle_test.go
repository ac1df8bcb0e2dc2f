// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package limit_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasm-controller-manager/wcm/host/limit"
)

// TestThrottleRate has many goroutines ask for requests without pause.
func TestThrottleRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits, longest atomic.Int64
		throttle := limit.NewThrottle(20, 30, func(d time.Duration) { // kube-controller-manager's
			waits.Add(1)
			longest.Store(max(longest.Load(), int64(d)))
		})
		begin := time.Now()
		var asking sync.WaitGroup
		for range 100 {
			asking.Go(func() {
				for range 10 {
					throttle.Accept()
				}
			})
		}
		asking.Wait()
		if took, want := time.Since(begin), 970*time.Second/20; took != want {
			t.Errorf("1000 requests at 20 per second, of which 30 at once: took %v, want %v", took, want)
		}
		if got := time.Duration(longest.Load()); waits.Load() != 970 || got > 5*time.Second {
			t.Errorf("got told of %d waits of up to %v, want 970, each for the turns of the 100 before it", waits.Load(), got)
		}
	})
}

func TestThrottleKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := limit.NewThrottle(1, 1, nil)
		throttle.Accept()
		var asking sync.WaitGroup
		order := make(chan int, 5)
		for i := range 5 {
			asking.Go(func() {
				throttle.Accept()
				order <- i
			})
			synctest.Wait() // it has joined
		}
		if throttle.TryAccept() {
			t.Error("who does not wait went before those who do")
		}
		asking.Wait()
		for want := range 5 {
			if got := <-order; got != want {
				t.Errorf("of five who asked one after the other, number %d was served as number %d", got, want)
			}
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := limit.NewThrottle(0.1, 1, nil)
		if !throttle.TryAccept() || throttle.TryAccept() {
			t.Error("a burst of one should let one through, not two")
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := throttle.Wait(canceled); !errors.Is(err, context.Canceled) {
			t.Errorf("Wait with a context that has ended: got %v", err)
		}
		begin := time.Now()
		late, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		throttled, ok := errors.AsType[*limit.ThrottledError](throttle.Wait(late))
		if !ok || throttled.RetryAfter != 10*time.Second || time.Since(begin) > 0 {
			t.Errorf("Wait for what comes after the deadline: got %+v after %v, want a ThrottledError of 10s at once", throttled, time.Since(begin))
		}
		ending, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := throttle.Wait(ending); !errors.Is(err, context.Canceled) || time.Since(begin) != time.Second {
			t.Errorf("Wait with a context that ends: got %v after %v, want that it was canceled after 1s", err, time.Since(begin))
		}
		throttle.Accept()
		if waited := time.Since(begin); waited != 10*time.Second {
			t.Errorf("Accept returned after %v, want 10s: who gave up must not use up anything", waited)
		}
	})
}

func TestThrottleWithoutRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := limit.NewThrottle(-1, 0, func(time.Duration) { t.Error("a request waited") })
		for range 10_000 {
			if err := throttle.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := throttle.QPS(); !math.IsInf(float64(got), 1) {
			t.Errorf("QPS without a rate: got %v", got)
		}
		throttle.Stop()
	})
}

func TestThrottleCanBeSetWhileRequestsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := limit.NewThrottle(0.001, 1, nil)
		throttle.Accept()
		if got := throttle.QPS(); got != 0.001 {
			t.Errorf("QPS: got %v, want 0.001", got)
		}
		for _, perSecond := range []float64{10, 0} {
			time.AfterFunc(time.Second, func() { throttle.Set(perSecond, 1) })
			begin := time.Now()
			throttle.Accept()
			if waited := time.Since(begin); waited < time.Second || waited > 1100*time.Millisecond {
				t.Errorf("with a rate of %v after 1s: got a request after %v", perSecond, waited)
			}
			throttle.Set(0.001, 1)
			throttle.TryAccept()
		}
	})
}

// TestHammerThrottle has requests come and give up, and counts those that were
// sent.
func TestHammerThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := limit.NewThrottle(1000, 10, func(time.Duration) {})
		var working sync.WaitGroup
		var sent atomic.Int64
		begin := time.Now()
		for i := range 48 {
			working.Go(func() {
				for n := range 200 {
					timeout := time.Duration(rand.IntN(50)) * time.Millisecond
					ctx, cancel := context.WithTimeout(t.Context(), timeout)
					if throttle.Wait(ctx) == nil {
						sent.Add(1)
					}
					if cancel(); n%50 == i {
						throttle.Set(float64(500+n), i%10)
					}
				}
			})
		}
		working.Wait()
		if most := int64(10 + 1000*time.Since(begin).Seconds() + 1); sent.Load() > most || sent.Load() == 0 {
			t.Errorf("%d requests were sent in %v, want some, and at most %d", sent.Load(), time.Since(begin), most)
		}
	})
}
