// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// No request is lost: whatever happens, after the last Add of a key there is a
// later start of a reconcile of it, and so there is after every attempt that
// asked to come back or failed for a time. And one key is never reconciled twice at a
// time, nor by a reconciler that is said to be drained.
func TestHammerNoRequestIsLost(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { hammer(t, seed) })
		})
	}
}

const hammerKeys = 40

// world is what a hammer knows about each of its keys.
type world struct {
	t     *testing.T
	calm  atomic.Bool   // reconciles succeed at once
	clock atomic.Uint64 // orders adds and starts
	keys  [hammerKeys]struct {
		owed, started atomic.Uint64 // when a start was last asked for, and when there was one
		busy          atomic.Bool
	}
}

// owe says that there must be a later start for key i.
func (w *world) owe(i int) {
	now := w.clock.Add(1)
	for {
		last := w.keys[i].owed.Load()
		if last >= now || w.keys[i].owed.CompareAndSwap(last, now) {
			return
		}
	}
}

// chaotic is a reconciler that fails in all ways there are.
type chaotic struct {
	*world
	drained atomic.Bool
}

func (r *chaotic) Reconcile(ctx context.Context, a Attempt) Outcome {
	var i int
	if _, err := fmt.Sscanf(a.Key.Name, "%d", &i); err != nil {
		r.t.Errorf("Reconcile(%v): %v", a.Key, err)
	}
	r.keys[i].started.Store(r.clock.Add(1))
	if !r.keys[i].busy.CompareAndSwap(false, true) {
		r.t.Errorf("key %d is reconciled twice at a time", i)
	}
	if r.drained.Load() {
		r.t.Errorf("key %d is reconciled by a drained reconciler", i)
	}
	defer r.keys[i].busy.Store(false)
	defer func() {
		if r.drained.Load() {
			r.t.Errorf("a reconciler was drained while it reconciled key %d", i)
		}
	}()
	if r.calm.Load() {
		return Outcome{}
	}
	outcome := r.chaos(ctx, i)
	if outcome.RequeueAfter > 0 || outcome.Failed() && !outcome.Terminal {
		r.owe(i)
	}
	return outcome
}

func (w *world) chaos(ctx context.Context, i int) Outcome {
	select {
	case <-time.After(rand.N(20 * time.Millisecond)):
	case <-ctx.Done():
		return Outcome{Err: context.Cause(ctx), Status: abi.StatusCanceled}
	}
	switch rand.N(8) {
	case 0:
		w.owe(i)
		panic("chaos")
	case 1:
		return Outcome{Err: errTest, Trap: true}
	case 2:
		return Outcome{Err: errTest, Status: abi.Status(rand.N(uint32(abi.Statuses)))}
	case 3:
		return Outcome{RequeueAfter: rand.N(time.Second)}
	case 4:
		return Outcome{Err: errTest, Terminal: true}
	}
	return Outcome{}
}

func hammer(t *testing.T, seed uint64) {
	const actions = 300
	w := &world{t: t}
	c := New(Options{
		Name: "hammer", Reconciler: &chaotic{world: w}, Concurrency: 4,
		Timeout: 15 * time.Millisecond, DrainTimeout: 5 * time.Millisecond,
	})
	var wg sync.WaitGroup
	act := func(id uint64, every time.Duration, action func(*rand.Rand)) {
		random := rand.New(rand.NewPCG(seed, id))
		wg.Go(func() {
			for range actions {
				action(random)
				<-time.After(time.Duration(random.Int64N(int64(every))))
			}
		})
	}
	for id := range uint64(3) {
		act(id, 4*time.Millisecond, func(r *rand.Rand) { w.add(c, r) })
	}
	act(10, 4*time.Millisecond, func(r *rand.Rand) { w.swap(c) })
	act(11, 10*time.Millisecond, func(r *rand.Rand) { runFor(t, c, time.Duration(r.Int64N(int64(30*time.Millisecond)))) })
	act(12, 10*time.Millisecond, func(r *rand.Rand) { c.Admit(r.IntN(4) + Unlimited) })
	wg.Wait()
	w.calm.Store(true)
	c.Admit(Unlimited)
	runFor(t, c, 24*time.Hour)
	w.check()
}

func (w *world) add(c *Controller, r *rand.Rand) {
	i := r.IntN(hammerKeys)
	w.owe(i)
	if r.IntN(3) == 0 {
		c.AddLow(key(strconv.Itoa(i)))
		return
	}
	c.Add(key(strconv.Itoa(i)))
}

// swap installs a new reconciler and marks the old one when it is drained.
func (w *world) swap(c *Controller) {
	c.mu.Lock()
	old := c.generation.reconciler.(*chaotic)
	c.mu.Unlock()
	<-c.Swap(&chaotic{world: w})
	old.drained.Store(true)
}

func runFor(t *testing.T, c *Controller, d time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := c.Run(ctx); err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
}

func (w *world) check() {
	w.t.Helper()
	for i := range w.keys {
		if k := &w.keys[i]; k.owed.Load() > k.started.Load() {
			w.t.Errorf("key %d: asked for at %d, last reconcile started at %d: the request is lost", i, k.owed.Load(), k.started.Load())
		}
	}
}
