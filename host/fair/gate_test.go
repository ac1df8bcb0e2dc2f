// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasm-controller-manager/wcm/host/fair"
)

// slice is how long a guest runs between two calls of Pass.
const slice = 500 * time.Microsecond

// run goes through the gate and runs for so many slices of time, and a rest.
func run(ctx context.Context, r *fair.Runner, work time.Duration) {
	if r.Enter(ctx) != nil {
		return
	}
	defer r.Leave()
	for ; work > slice; work -= slice {
		time.Sleep(slice)
		r.Pass()
	}
	time.Sleep(work)
}

// TestNeighbourOfAFlood has a plugin with a hundred goroutines that never
// stop, and one that wants little.
func TestNeighbourOfAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		gate := fair.NewGate(2)
		var longest time.Duration
		flood, neighbour := gate.Runner(nil), gate.Runner(func(d time.Duration) { longest = max(longest, d) })
		var flooding sync.WaitGroup
		for range 100 {
			flooding.Go(func() {
				for ctx.Err() == nil {
					run(ctx, flood, 5300*time.Microsecond)
				}
			})
		}
		begin := time.Now()
		for range 200 {
			time.Sleep(4700 * time.Microsecond)
			run(ctx, neighbour, 700*time.Microsecond)
		}
		took := time.Since(begin)
		stop()
		flooding.Wait()
		if longest > slice {
			t.Errorf("the neighbour once waited %v for its turn, want at most a slice, %v", longest, slice)
		}
		if want := 200 * (4700 + 700 + 500) * time.Microsecond; took > want {
			t.Errorf("the neighbour took %v for its work, want at most %v", took, want)
		}
	})
}

// TestEvenShares has plugins with few and many goroutines.
func TestEvenShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		gate := fair.NewGate(4)
		goroutines := []int{4, 8, 100}
		work := []time.Duration{slice / 5, 3 * slice, 10 * slice}
		var working sync.WaitGroup
		ran := make([]atomic.Int64, len(goroutines))
		for i, n := range goroutines {
			r := gate.Runner(nil)
			for range n {
				working.Go(func() {
					for ctx.Err() == nil {
						run(ctx, r, work[i])
						ran[i].Add(int64(work[i]))
					}
				})
			}
		}
		time.Sleep(10 * time.Second)
		stop()
		working.Wait()
		var sum time.Duration
		for i := range ran {
			sum += time.Duration(ran[i].Load())
		}
		if sum < 40*time.Second || sum > 46*time.Second { // three times an eighth, and what is not finished
			t.Errorf("all together ran %v in 10s, want what four places and the spare one give", sum)
		}
		for i := range ran {
			if got, want := time.Duration(ran[i].Load()), sum/3; got < want*9/10 || got > want*11/10 {
				t.Errorf("plugin with %d goroutines of %v each: ran %v of %v, want about a third", goroutines[i], work[i], got, sum)
			}
		}
	})
}

// TestSparePlace has a plugin that computes without end have the only place,
// and one that comes for a little, or for more than a little.
func TestSparePlace(t *testing.T) {
	for _, c := range []struct {
		reason string
		work   time.Duration // at once
		pause  time.Duration // after it
		least  time.Duration // waited in a second
		most   time.Duration
	}{
		{"who runs little does not wait", 400 * time.Microsecond, 9600 * time.Microsecond, 0, 0},
		{"not even for some milliseconds, now and then", 3 * time.Millisecond, 97 * time.Millisecond, 0, 0},
		{"who wants a quarter of the time waits a little", 5 * time.Millisecond, 15 * time.Millisecond, 1, 50 * time.Millisecond},
		{"who wants all gets half of the place, and an eighth", time.Second, 0, 350 * time.Millisecond, 450 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			gate := fair.NewGate(1)
			var waited time.Duration
			flood, other := gate.Runner(nil), gate.Runner(func(d time.Duration) { waited += d })
			var working sync.WaitGroup
			for range 3 {
				working.Go(func() {
					for ctx.Err() == nil {
						run(ctx, flood, 20*time.Millisecond)
					}
				})
			}
			for ctx.Err() == nil {
				run(ctx, other, c.work)
				time.Sleep(c.pause)
			}
			working.Wait()
			if waited < c.least || waited > c.most {
				t.Errorf("%s: waited %v of a second, want %v to %v", c.reason, waited, c.least, c.most)
			}
		})
	}
}

func TestGateHasSoManyPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := fair.NewGate(3)
		r := gate.Runner(nil)
		var inside, most atomic.Int64
		var working sync.WaitGroup
		for range 20 {
			working.Go(func() {
				for range 10 {
					_ = r.Enter(context.WithoutCancel(t.Context()))
					most.Store(max(most.Load(), inside.Add(1)))
					time.Sleep(time.Millisecond)
					inside.Add(-1)
					r.Leave()
				}
			})
		}
		begin := time.Now()
		working.Wait()
		if took := time.Since(begin); most.Load() != 3 || took != 67*time.Millisecond {
			t.Errorf("200 of 1 ms each: got up to %d at once, done after %v, want 3 and 67ms", most.Load(), took)
		}
	})
}

func TestEnterEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := fair.NewGate(1)
		waits := 0
		r := gate.Runner(func(time.Duration) { waits++ })
		if err := r.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Enter while the place is taken: got %v, want the context's error", err)
		}
		r.Leave()
		if err := r.Enter(t.Context()); err != nil {
			t.Errorf("Enter after that: %v", err)
		}
		r.Leave()
		if waits != 1 {
			t.Errorf("got told of %d waits, want 1", waits)
		}
	})
}

// TestHammerGate has goroutines of several plugins come, pass, leave and give
// up on real processors, and counts those inside.
func TestHammerGate(t *testing.T) {
	const places = 3
	gate := fair.NewGate(places)
	var inside atomic.Int64
	var working sync.WaitGroup
	for range 5 {
		r := gate.Runner(func(time.Duration) {})
		for range 8 {
			working.Go(func() {
				for i := range 2000 {
					ctx, cancel := context.WithCancel(t.Context())
					if i%7 == 0 {
						go cancel()
					}
					if r.Enter(ctx) == nil {
						for range rand.IntN(3) {
							if n := inside.Add(1); n > places+1 {
								t.Errorf("%d are inside, there are %d places and a spare one", n, places)
							}
							runtime.Gosched()
							inside.Add(-1)
							r.Pass()
						}
						r.Leave()
					}
					cancel()
				}
			})
		}
	}
	working.Wait()
	// All places are free again, and nobody is thought to wait.
	r := gate.Runner(func(time.Duration) { t.Error("somebody waits in an empty gate") })
	for range places {
		if err := r.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkGate(b *testing.B) {
	r := fair.NewGate(1).Runner(nil)
	for b.Loop() {
		_ = r.Enter(b.Context())
		r.Pass()
		r.Leave()
	}
}
