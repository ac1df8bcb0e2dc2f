// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// shortly is the time that spinning guests get here. What it takes to stop
// them is measured by BenchmarkDeadline.
const shortly = 20 * time.Millisecond

// TestSpins has a guest for each export that never returns. Each is stopped,
// by the limit that the error names, while a neighbour works on.
func TestSpins(t *testing.T) {
	compiler := open(t)
	healthy := instantiate(t, compile(t, compiler, read(t, "minimal")), guest.Options{})
	for _, c := range []struct {
		fixture, function, limit string
		call                     func(ctx context.Context, i *guest.Instance) error
	}{
		{"spins_start", "instantiation", "startTimeout", nil},
		{"spins_initialize", "_initialize", "startTimeout", nil},
		{"spins_describe", "wcm_describe", "startTimeout", describe},
		{"spins_configure", "wcm_configure", "startTimeout", func(ctx context.Context, i *guest.Instance) error {
			return i.Configure(ctx, abi.Configuration{})
		}},
		{"spins_alloc", "wcm_alloc", "reconcileTimeout", reconcile("a")},
		{"spins_reconcile", "wcm_reconcile", "reconcileTimeout", reconcile("a")},
		{"spins_map", "wcm_map", "reconcileTimeout", func(ctx context.Context, i *guest.Instance) error {
			_, err := i.Map(ctx, abi.Change{})
			return err
		}},
		{"spins_gc", "wcm_gc", "startTimeout", func(ctx context.Context, i *guest.Instance) error {
			return errors.Join(reconcile("a")(ctx, i), i.Collect(context.WithoutCancel(ctx)))
		}},
	} {
		t.Run(c.fixture, func(t *testing.T) {
			m := compile(t, compiler, read(t, c.fixture))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			o := guest.Options{Plugin: "p", StartTimeout: time.Minute, CollectAfter: 1}
			if c.limit == "startTimeout" {
				o.StartTimeout = shortly
			} else {
				ctx, cancel = context.WithTimeout(t.Context(), shortly)
				defer cancel()
			}
			i, err := guest.New(ctx, m, o)
			if err == nil {
				err = c.call(ctx, i)
				checkDead(t, i)
				err = errors.Join(err, i.Close(context.WithoutCancel(ctx)))
			}
			checkStopped(t, err, c.function, c.limit)
			if err := reconcile("a")(t.Context(), healthy); err != nil {
				t.Errorf("the healthy instance: %v", err)
			}
		})
	}
}

func checkStopped(t *testing.T, err error, function, limit string) {
	t.Helper()
	var stopped *guest.TimeoutError
	if !errors.As(err, &stopped) {
		t.Fatalf("error %v, want a TimeoutError", err)
	}
	if stopped.Plugin != "p" || stopped.Function != function || stopped.Limit != limit ||
		stopped.After < shortly/2 || stopped.Fuel == 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v: %+v, want %s stopped by %s", err, stopped, function, limit)
	}
}

// TestTimeoutError: the sentence that operators read.
func TestTimeoutError(t *testing.T) {
	for _, c := range []struct {
		err  guest.TimeoutError
		want string
	}{
		{guest.TimeoutError{Plugin: "p", Function: "wcm_reconcile", After: 30*time.Second + 4711, Limit: "reconcileTimeout",
			Fuel: 1000, Context: context.DeadlineExceeded, Cause: errors.New("reconcile took too long")},
			"plugin p: wcm_reconcile stopped: still running after 30s (reconcileTimeout), 1000 fuel spent"},
		{guest.TimeoutError{Function: "wcm_map", After: 1234 * time.Microsecond, Limit: "reconcileTimeout",
			Context: context.Canceled, Cause: errors.New("controller is stopping")},
			"wcm_map stopped: still running after 1ms (controller is stopping), 0 fuel spent"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// TestCancel: a guest that computes is stopped when nobody waits for it any more.
func TestCancel(t *testing.T) {
	cause := errors.New("controller is stopping")
	ctx, cancel := context.WithCancelCause(t.Context())
	i := instantiate(t, load(t, "spins_reconcile"), guest.Options{})
	time.AfterFunc(shortly, func() { cancel(cause) }) // when the guest is there
	err := reconcile("a")(ctx, i)
	if stopped := (*guest.TimeoutError)(nil); !errors.As(err, &stopped) || !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("Reconcile: %v, want a TimeoutError with %v", err, cause)
	}
}

// slow is an operator that answers when the time is over, as an API server
// does that hangs.
var slow = operator{operate: func(ctx context.Context, _ abi.Operation, _, buffer []byte) (abi.Status, []byte) {
	<-ctx.Done()
	return abi.StatusCanceled, buffer
}}

// TestDeadlineInOperation: a guest that waits for an operation gets canceled at
// its deadline, and enough fuel to return.
func TestDeadlineInOperation(t *testing.T) {
	i := instantiate(t, load(t, "dutiful"), guest.Options{Operator: slow})
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), shortly)
		got, err := i.Reconcile(ctx, abi.Request{Name: "a"})
		cancel()
		if want := (abi.Outcome{Status: abi.StatusCanceled}); got != want || err != nil {
			t.Errorf("Reconcile = %+v, %v, want %+v", got, err, want)
		}
	}
}

// TestDeadline: after the deadline operations answer StatusCanceled without
// being carried out, and a guest that goes on calling them is stopped.
func TestDeadline(t *testing.T) {
	m := load(t, "obstinate")
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	i := instantiate(t, m, guest.Options{Plugin: "p"})
	if _, err := i.Reconcile(ctx, abi.Request{Name: "a"}); !errors.Is(err, context.DeadlineExceeded) || i.Dead() {
		t.Errorf("Reconcile after the deadline: %v, dead %v, want %v and alive", err, i.Dead(), context.DeadlineExceeded)
	}

	ctx, cancel = context.WithTimeout(t.Context(), shortly)
	defer cancel()
	asked, canceled := 0, 0
	i = instantiate(t, m, guest.Options{
		Plugin: "p",
		Operator: operator{operate: func(ctx context.Context, _ abi.Operation, _, buffer []byte) (abi.Status, []byte) {
			asked++
			<-ctx.Done()
			return abi.StatusUnavailable, buffer
		}},
		Hooks: guest.Hooks{Operated: func(_ abi.Operation, s abi.Status) {
			if s == abi.StatusCanceled {
				canceled++
			}
		}},
	})
	checkStopped(t, reconcile("a")(ctx, i), "wcm_reconcile", "reconcileTimeout")
	if asked != 1 || canceled == 0 {
		t.Errorf("the operator was asked %d times, and %d operations canceled, want 1 and some", asked, canceled)
	}
}

// TestFuel: equal work costs the same, however it falls on slices, and the
// hooks are told what calls spend.
func TestFuel(t *testing.T) {
	const instructions = 5_000_000 // counts.wasm: five in each of a million turns
	spent := map[string]uint64{}
	o := guest.Options{Hooks: guest.Hooks{Called: func(c guest.Call) { spent[c.Export] += c.Fuel }}}
	m := load(t, "counts")
	var first, sum uint64
	for range 3 {
		i := instantiate(t, m, o)
		for range 10 {
			if err := reconcile("a")(t.Context(), i); err != nil {
				t.Fatal(err)
			}
			if first == 0 {
				first = i.Fuel()
			}
			sum += i.Fuel()
			if i.Fuel() != first || first < instructions || first > 2*instructions {
				t.Fatalf("%d fuel spent, want as much as the first time, %d, and about one per instruction", i.Fuel(), first)
			}
		}
	}
	if d := cmp.Diff(map[string]uint64{"_initialize": 0, "wcm_reconcile": sum}, spent); d != "" {
		t.Errorf("the hook was told (-want +got):\n%s", d)
	}
}

// TestSpinHammer lets workers of one pool reconcile healthy keys and some that
// never end, more at once than there are processors.
func TestSpinHammer(t *testing.T) {
	m := load(t, "poison_spins")
	p := guest.NewPool(guest.PoolOptions{Module: m, Instance: guest.Options{Plugin: "p"}, Size: 8})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := range 50 {
				i, err := p.Get(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				name, timeout := "healthy", time.Minute
				if (n+worker)%10 == 0 {
					name, timeout = "poison", time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				err = reconcile(name)(ctx, i)
				cancel()
				if errors.Is(err, context.DeadlineExceeded) != (name == "poison") {
					t.Errorf("reconcile(%s): %v", name, err)
				}
				p.Put(t.Context(), i)
			}
		})
	}
	wg.Wait()
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
