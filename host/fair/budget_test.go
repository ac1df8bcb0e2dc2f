// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/util/flowcontrol"

	"github.com/wasm-controller-manager/wcm/host/fair"
)

// Interface guards.
var _ flowcontrol.RateLimiter = (*fair.Requester)(nil)

// flood asks for requests with so many goroutines until ctx ends, and counts
// those that it got.
func flood(ctx context.Context, flooding *sync.WaitGroup, r *fair.Requester, goroutines int) *atomic.Int64 {
	sent := &atomic.Int64{}
	for range goroutines {
		flooding.Go(func() {
			for r.Wait(ctx) == nil {
				sent.Add(1)
			}
		})
	}
	return sent
}

func TestFloodDoesNotDelayItsNeighbour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var flooding sync.WaitGroup
		budget := fair.NewBudget(20, 30) // kube-controller-manager's
		flooded := flood(ctx, &flooding, budget.Requester(nil), 100)
		var longest time.Duration
		neighbour := budget.Requester(func(d time.Duration) { longest = max(longest, d) })
		const seconds = 100
		for range seconds {
			for range 5 { // at once, and five per second are less than half
				if err := neighbour.Wait(ctx); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
		}
		stop()
		flooding.Wait()
		if longest > 0 {
			t.Errorf("the neighbour once waited %v, want never", longest)
		}
		if sent := flooded.Load() + 5*seconds; sent < 20*seconds || sent > 20*seconds+30 {
			t.Errorf("in %d s %d requests were sent, want 20 per second and a burst of 30 at most", seconds, sent)
		}
	})
}

func TestFloodsShareEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Second)
		defer stop()
		var flooding sync.WaitGroup
		budget := fair.NewBudget(30, 10)
		limited := budget.Requester(nil)
		limited.Limit(2, 3)
		sent := []*atomic.Int64{
			flood(ctx, &flooding, budget.Requester(nil), 1),
			flood(ctx, &flooding, budget.Requester(nil), 50),
			flood(ctx, &flooding, limited, 50),
		}
		flooding.Wait()
		for i, want := range []int64{1400, 1400, 200} {
			if got := sent[i].Load(); got < want-10 || got > want+10 {
				t.Errorf("requester %d: got %d requests in 100 s, want about %d", i, got, want)
			}
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fair.NewBudget(0, 0).Requester(nil)
		r.Limit(0.1, 1)
		if !r.TryAccept() || r.TryAccept() {
			t.Error("a limit of one at once should let one through, not two")
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Wait(canceled); !errors.Is(err, context.Canceled) {
			t.Errorf("Wait with a context that has ended: got %v", err)
		}
		begin := time.Now()
		late, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		throttled, ok := errors.AsType[*fair.ThrottledError](r.Wait(late))
		if !ok || throttled.RetryAfter != 10*time.Second || time.Since(begin) > 0 {
			t.Errorf("Wait for what comes after the deadline: got %+v after %v, want a ThrottledError of 10s at once", throttled, time.Since(begin))
		}
		ending, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := r.Wait(ending); !errors.Is(err, context.Canceled) || time.Since(begin) != time.Second {
			t.Errorf("Wait with a context that ends: got %v after %v, want that it was canceled after 1s", err, time.Since(begin))
		}
		r.Accept()
		if waited := time.Since(begin); waited != 10*time.Second {
			t.Errorf("Accept returned after %v, want 10s: who gave up must not use up anything", waited)
		}
	})
}

func TestNoLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fair.NewBudget(-1, 0).Requester(func(time.Duration) { t.Error("a request waited") })
		for range 10_000 {
			if err := r.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestLimitCanBeChangedWhileRequestsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fair.NewBudget(5, 1).Requester(nil)
		r.Limit(0.001, 1)
		r.Accept()
		if got := r.QPS(); got != 0.001 {
			t.Errorf("QPS with a limit of its own: got %v", got)
		}
		time.AfterFunc(time.Second, func() { r.Limit(0, 0) })
		begin := time.Now()
		r.Accept()
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("got a request after %v, want when the limit is gone, after 1s", waited)
		}
		if got := r.QPS(); got != 5 {
			t.Errorf("QPS without a limit of its own: got %v, want the budget's 5", got)
		}
		r.Stop()
	})
}

// TestHammerBudget has requests of several requesters come and give up, and
// counts those that were sent.
func TestHammerBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := fair.NewBudget(1000, 10)
		var working sync.WaitGroup
		var sent atomic.Int64
		begin := time.Now()
		for i := range 6 {
			r := budget.Requester(func(time.Duration) {})
			for range 8 {
				working.Go(func() {
					for n := range 200 {
						timeout := time.Duration(rand.IntN(50)) * time.Millisecond
						ctx, cancel := context.WithTimeout(t.Context(), timeout)
						if r.Wait(ctx) == nil {
							sent.Add(1)
						}
						if cancel(); n%50 == i {
							r.Limit(float64(n*i), i)
						}
					}
				})
			}
		}
		working.Wait()
		if most := int64(10 + 1000*time.Since(begin).Seconds() + 1); sent.Load() > most || sent.Load() == 0 {
			t.Errorf("%d requests were sent in %v, want some, and at most %d", sent.Load(), time.Since(begin), most)
		}
	})
}
