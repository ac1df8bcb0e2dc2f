// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// counted returns options that count the open instances.
func counted(open *atomic.Int64) guest.Options {
	return guest.Options{Plugin: "p", Hooks: guest.Hooks{Instances: func(delta int) { open.Add(int64(delta)) }}}
}

func checkCounts(t *testing.T, p *guest.Pool, idle, used int) {
	t.Helper()
	if i, u := p.Counts(); i != idle || u != used {
		t.Errorf("Counts() = %d idle, %d used, want %d and %d", i, u, idle, used)
	}
}

func TestPool(t *testing.T) {
	ctx := t.Context()
	var open atomic.Int64
	p := guest.NewPool(guest.PoolOptions{Module: load(t, "poison"), Instance: counted(&open), Size: 2})
	checkCounts(t, p, 0, 0)
	first, second := get(t, p), get(t, p)
	checkCounts(t, p, 0, 2)

	full, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if _, err := p.Get(full); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Get of a full pool: %v, want %v", err, context.DeadlineExceeded)
	}

	p.Put(ctx, first)
	if got := get(t, p); got != first {
		t.Error("Get made an instance although one was idle")
	}
	p.Put(ctx, second)
	p.Put(ctx, first)
	if got := get(t, p); got != first {
		t.Error("Get did not hand out the instance that was used last")
	}

	if err := reconcile("poison")(ctx, first); err == nil {
		t.Fatal("poison gave no error")
	}
	p.Put(ctx, first) // dead
	checkCounts(t, p, 1, 0)
	if n := open.Load(); n != 1 {
		t.Errorf("%d instances are open, want 1: the dead one is thrown away", n)
	}
	if got := get(t, p); got != second {
		t.Error("Get did not hand out the healthy instance")
	}
	p.Put(ctx, second)
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
	checkCounts(t, p, 0, 0)
	if n := open.Load(); n != 0 {
		t.Errorf("%d instances are open after Close", n)
	}
}

// TestPoolExpires: what nobody needed between two calls of Expire goes, those
// first that were used longest ago.
func TestPoolExpires(t *testing.T) {
	for _, keep := range []int{0, 1} {
		var open atomic.Int64
		p := guest.NewPool(guest.PoolOptions{Module: load(t, "minimal"), Instance: counted(&open), Size: 3, Keep: keep})
		a, b, c := get(t, p), get(t, p), get(t, p)
		p.Put(t.Context(), c)
		p.Put(t.Context(), b)
		p.Put(t.Context(), a)
		expire := func(why string, idle int) {
			t.Helper()
			if err := p.Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
			checkCounts(t, p, idle, 0)
			if n := int(open.Load()); n != idle {
				t.Errorf("%s: %d instances are open, want %d", why, n, idle)
			}
		}
		expire("all were used before the first call", 3)
		if got := get(t, p); got != a {
			t.Error("Get did not hand out the instance that was used last")
		}
		second := get(t, p)
		p.Put(t.Context(), a)
		p.Put(t.Context(), second)
		expire("two were used at once", 2)
		p.Put(t.Context(), get(t, p))
		p.Put(t.Context(), get(t, p))
		expire("one was used, twice", 1)
		if got := get(t, p); got != second {
			t.Error("the instance that was used last has expired")
		} else {
			p.Put(t.Context(), got)
		}
		expire("it was used", 1)
		expire("none was used", keep)
		expire("still", keep)
		p.Put(t.Context(), get(t, p)) // made anew, or kept
		expire("there is work again", 1)
		if err := p.Close(t.Context()); err != nil || open.Load() != 0 {
			t.Errorf("Close: %v, %d instances are open", err, open.Load())
		}
	}
}

func get(t *testing.T, p *guest.Pool) *guest.Instance {
	t.Helper()
	i, err := p.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestPoolClose: Close waits for what is in use, and may be called again.
func TestPoolClose(t *testing.T) {
	ctx := t.Context()
	var open atomic.Int64
	p := guest.NewPool(guest.PoolOptions{Module: load(t, "minimal"), Instance: counted(&open), Size: 3})
	a, b, c := get(t, p), get(t, p), get(t, p)
	p.Put(ctx, c)

	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := p.Close(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Close with instances in use: %v, want %v", err, context.Canceled)
	}
	if _, err := p.Get(ctx); !errors.Is(err, guest.ErrClosed) {
		t.Errorf("Get after Close: %v, want %v", err, guest.ErrClosed)
	}
	if n := open.Load(); n != 2 {
		t.Errorf("%d instances are open, want the two in use", n)
	}
	if err := reconcile("a")(ctx, a); err != nil {
		t.Errorf("reconcile while the pool closes: %v", err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := p.Close(ctx); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	p.Put(ctx, a)
	p.Put(ctx, b)
	wg.Wait()
	if n := open.Load(); n != 0 {
		t.Errorf("%d instances are open after Close", n)
	}
}

func TestPoolGetFails(t *testing.T) {
	for fixture, want := range map[string]string{
		"initialize_traps": "plugin p: _initialize trapped: unreachable",
		"rejects":          "plugin p rejects its settings: replicas: not ten",
	} {
		var open atomic.Int64
		p := guest.NewPool(guest.PoolOptions{Module: load(t, fixture), Instance: counted(&open)})
		for range 3 { // a failure leaves room for the next
			if _, err := p.Get(t.Context()); err == nil || err.Error() != want {
				t.Errorf("Get of %s.wasm: %v, want %s", fixture, err, want)
			}
		}
		if err := p.Close(t.Context()); err != nil || open.Load() != 0 {
			t.Errorf("Close: %v, %d instances are open", err, open.Load())
		}
	}
}

// TestPoolCollects: who puts an instance back need not think of its garbage.
func TestPoolCollects(t *testing.T) {
	o := guest.Options{CollectAfter: 1}
	p := guest.NewPool(guest.PoolOptions{Module: load(t, "grows"), Instance: o})
	for n := range 3 {
		i := get(t, p)
		got, err := i.Reconcile(t.Context(), abi.Request{Name: "a"})
		if err != nil || int(got.Status) != n {
			t.Errorf("reconcile %d: %d collections, %v", n, got.Status, err)
		}
		p.Put(t.Context(), i)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestPoolRecycles: an instance whose memory has grown too large does not come
// back, unless it was large from the start.
func TestPoolRecycles(t *testing.T) {
	const pages = 65536 // grows.wasm has three, and one more after each call
	for _, c := range []struct {
		reason string
		above  uint64
		calls  int // after which it is recycled
	}{
		{"by a page", 9 * pages, 7},
		{"twice what it began with is no reason", 1, 4},
	} {
		var open atomic.Int64
		recycled := 0
		o := counted(&open)
		o.RecycleAbove, o.Hooks.Recycled = c.above, func() { recycled++ }
		p := guest.NewPool(guest.PoolOptions{Module: load(t, "grows"), Instance: o})
		first := get(t, p)
		for n := 1; n <= c.calls; n++ {
			if err := reconcile("a")(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			p.Put(t.Context(), first)
			i := get(t, p)
			if (i != first) != (n == c.calls) || (recycled == 1) != (n == c.calls) {
				t.Errorf("%s: after %d calls another instance: %v, recycled %d times", c.reason, n, i != first, recycled)
			}
			if i != first {
				p.Put(t.Context(), i)
			}
		}
		if n := open.Load(); n != 1 {
			t.Errorf("%s: %d instances are open, want the new one", c.reason, n)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPoolHammer lets more workers than instances reconcile, some of them a
// poisoned key, while idle instances expire and the pool is at last closed under them.
func TestPoolHammer(t *testing.T) {
	ctx := t.Context()
	var open, most atomic.Int64
	o := counted(&open)
	o.Hooks.Called = func(guest.Call) {
		if n := open.Load(); n > most.Load() {
			most.Store(n)
		}
	}
	const size = 4
	p := guest.NewPool(guest.PoolOptions{Module: load(t, "poison"), Instance: o, Size: size})
	var done atomic.Int64
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := 0; ; n++ {
				i, err := p.Get(ctx)
				if errors.Is(err, guest.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				name, poisoned := "healthy", (n+worker)%10 == 0
				if poisoned {
					name = "poison"
				}
				if err := reconcile(name)(ctx, i); (err != nil) != poisoned {
					t.Errorf("reconcile(%s): %v", name, err)
				}
				p.Put(ctx, i)
				done.Add(1)
			}
		})
	}
	for done.Load() < 2000 {
		if err := p.Expire(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if n := open.Load(); n != 0 {
		t.Errorf("%d instances are open after Close", n)
	}
	if n := most.Load(); n > 2*size { // besides those of the pool some may be on their way out of Expire
		t.Errorf("%d instances were open at once, the size is %d", n, size)
	}
}

// TestPoolDropsSnapshot: what instances are copies of goes when there was none for
// long enough, also if other plugins have some of the module.
func TestPoolDropsSnapshot(t *testing.T) {
	var spent uint64
	hooks := guest.Hooks{Called: func(c guest.Call) {
		if c.Export == abi.ExportInitialize {
			spent = c.Fuel
		}
	}}
	m := load(t, "renews")
	instantiate(t, m, guest.Options{Plugin: "other", Controllers: []string{"a"}})
	p := guest.NewPool(guest.PoolOptions{Module: m, Instance: guest.Options{Plugin: "p", Hooks: hooks}})
	var first uint64
	for _, c := range []struct {
		reason  string
		expired int
		copied  bool
	}{
		{"the first one", 0, false},
		{"another one was there just now", 2, true},
		{"there was none for long", 4, false},
	} {
		for range c.expired {
			if err := p.Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		p.Put(t.Context(), get(t, p))
		first = max(first, spent)
		if copied := spent < first; copied != c.copied {
			t.Errorf("%s: its start has spent %d fuel, that of the first one %d; want a copy: %v", c.reason, spent, first, c.copied)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
