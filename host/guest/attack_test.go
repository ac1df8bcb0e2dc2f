// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// attack is a guest that does what it should not, and what the host says to it.
type attack struct {
	sin     string // the fixture
	call    func(ctx context.Context, i *guest.Instance) error
	verdict string // the error, or how it begins
	options guest.Options
}

const (
	// stopped is what the host says of a guest that works for ever.
	stopped = "plugin p: wcm_reconcile stopped: still running after "
	// harmless is the verdict on a sin that hurts nobody, not even the sinner.
	harmless = ""
)

// attacks are the sins of guests that computing, memory or the host's own
// functions tempt to. TestSins has those against the form of messages,
// TestSpins a loop in each export, package module those against its door,
// and host/access those against the grants.
var attacks = []attack{
	// Work without end.
	{sin: "recurses_widely", call: reconcile("a"), verdict: stopped},
	{sin: "calls_tree", call: reconcile("a"), verdict: stopped},
	{sin: "calls_host", call: reconcile("a"), verdict: stopped},
	{sin: "operates_always", call: reconcile("a"), verdict: stopped},
	{sin: "sleeps_long", call: reconcile("a"), verdict: stopped},
	{sin: "wants_randomness", call: reconcile("a"), verdict: stopped},
	{sin: "floods_stdout", call: reconcile("a"), verdict: stopped},

	// Stack.
	{sin: "recurses", call: reconcile("a"), verdict: "plugin p: wcm_reconcile trapped: stack overflow"},
	{sin: "recurses_indirectly", call: reconcile("a"), verdict: "plugin p: wcm_reconcile trapped: stack overflow"},

	// Memory and tables.
	{sin: "greedy", call: reconcile("a"), verdict: harmless, options: guest.Options{MemoryLimit: 16 << 20}},
	{sin: "vast", call: nil, verdict: "plugin p: declares a memory of ", options: guest.Options{MemoryLimit: 1 << 20}},
	{sin: "fills", call: reconcile("a"), verdict: stopped},
	{sin: "grows_table", call: reconcile("a"), verdict: stopped},
	{sin: "wide_table", call: reconcile("a"), verdict: harmless},
	{sin: "grows_in_alloc", call: reconcile("a"), verdict: harmless},

	// Operations where none belong, and results that lie on their requests.
	{sin: "operates_in_alloc", call: reconcile("a"), verdict: harmless},
	{sin: "overlaps", call: reconcile("a"), verdict: harmless},
	{sin: "outcome_utf8", call: reconcile("a"), verdict: "plugin p: result of wcm_reconcile: malformed Outcome: field message: the string is not UTF-8"},

	// Traps in the exports that TestSins does not have.
	{sin: "configure_traps", call: configure, verdict: "plugin p: wcm_configure trapped: unreachable"},
	{sin: "map_traps", call: mapChange, verdict: "plugin p: wcm_map trapped: unreachable"},
	{sin: "gc_traps", call: collectGarbage, verdict: "plugin p: wcm_gc trapped: unreachable", options: guest.Options{CollectAfter: 1}},
}

func configure(ctx context.Context, i *guest.Instance) error {
	return i.Configure(ctx, abi.Configuration{})
}

func mapChange(ctx context.Context, i *guest.Instance) error {
	_, err := i.Map(ctx, abi.Change{})
	return err
}

func collectGarbage(ctx context.Context, i *guest.Instance) error {
	return errors.Join(reconcile("a")(ctx, i), i.Collect(context.WithoutCancel(ctx)))
}

// TestAttacks runs each attack while a neighbour reconciles without a pause.
// The host says what it has to say and names the plugin, the neighbour goes
// on, and everything that the attacker held is given back.
func TestAttacks(t *testing.T) {
	compiler := open(t)
	n := startNeighbour(t, compile(t, compiler, read(t, "minimal")))
	for _, a := range attacks {
		t.Run(a.sin, func(t *testing.T) {
			m := compile(t, compiler, read(t, a.sin))
			before := n.reconciled.Load()
			instances, memory := a.run(t, m)
			if instances != 0 || memory != 0 {
				t.Errorf("afterwards %d instances with %d bytes are left", instances, memory)
			}
			n.goesOn(t, before)
		})
	}
}

// run makes an instance, lets it sin and closes it. It returns how many
// instances and how much of their memory are left then.
func (a *attack) run(t *testing.T, m *module.Module) (instances int, memory int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	if a.verdict == stopped {
		ctx, cancel = context.WithTimeout(t.Context(), 5*shortly)
	}
	defer cancel()
	o := a.options
	o.Plugin = "p"
	o.Operator = answering
	o.Hooks = guest.Hooks{
		Instances: func(delta int) { instances += delta },
		Memory:    func(delta int64) { memory += delta },
	}
	i, err := guest.New(ctx, m, o)
	if err == nil {
		err = a.call(ctx, i)
		if dead := a.verdict != harmless; i.Dead() != dead {
			t.Errorf("the instance is dead: %v, want %v", i.Dead(), dead)
		}
		if err := i.Close(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	switch {
	case a.verdict == harmless && err != nil:
		t.Errorf("got %v, want that it harms nobody", err)
	case a.verdict != harmless && (err == nil || !strings.HasPrefix(err.Error(), a.verdict)):
		t.Errorf("got  %v\nwant %s", err, a.verdict)
	case a.verdict == stopped && !errors.Is(err, context.DeadlineExceeded):
		t.Errorf("%v is not about the deadline", err)
	}
	return instances, memory
}

// answering is an operator that has an answer to everything.
var answering = operator{
	operate: func(_ context.Context, _ abi.Operation, _, buffer []byte) (abi.Status, []byte) {
		return abi.StatusOK, buffer
	},
	enabled: func(abi.Level) bool { return true },
}

// neighbour is an honest plugin in the same process.
type neighbour struct {
	reconciled atomic.Int64
	failed     atomic.Pointer[error]
}

// startNeighbour lets a guest reconcile until the test ends.
func startNeighbour(t *testing.T, m *module.Module) *neighbour {
	t.Helper()
	n := &neighbour{}
	i := instantiate(t, m, guest.Options{Plugin: "neighbour"})
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { // ends with ctx
		for ctx.Err() == nil {
			if err := reconcile("a")(context.WithoutCancel(ctx), i); err != nil {
				n.failed.Store(&err)
				return
			}
			n.reconciled.Add(1)
			runtime.Gosched()
		}
	})
	t.Cleanup(working.Wait)
	t.Cleanup(stop)
	return n
}

// goesOn checks that the neighbour has reconciled since, and still does.
func (n *neighbour) goesOn(t *testing.T, since int64) {
	t.Helper()
	for _, mark := range []int64{since, n.reconciled.Load()} {
		for n.reconciled.Load() <= mark {
			if err := n.failed.Load(); err != nil {
				t.Fatalf("the neighbour: %v", *err)
			}
			runtime.Gosched()
		}
	}
}

// TestSnoops: WASI gives no directory, no file and no socket. Each question is
// answered with an errno: 8, a bad descriptor, or 63, not permitted.
func TestSnoops(t *testing.T) {
	i := instantiate(t, load(t, "snoops"), guest.Options{Plugin: "p"})
	got, err := i.Reconcile(t.Context(), abi.Request{Name: "a"})
	want := string([]byte{' ' + 8, ' ' + 63, ' ' + 8, ' ' + 8, ' ' + 8})
	if err != nil || got.Message != want {
		t.Errorf("the guest was answered %q, %v, want %q", got.Message, err, want)
	}
}

// TestSurroundings: arguments and environment are those that the host made,
// and nothing of the host's own.
func TestSurroundings(t *testing.T) {
	t.Setenv("HOST_SECRET", "hunter2")
	for want, o := range map[string]guest.Options{
		"p\x00GOGC=off\x00":                        {Plugin: "p"},
		"p\x00GOGC=off\x00WCM_CONTROLLERS=a,b\x00": {Plugin: "p", Controllers: []string{"a", "b"}},
	} {
		i := instantiate(t, load(t, "tells_surroundings"), o)
		got, err := i.Reconcile(t.Context(), abi.Request{Name: "a"})
		if err != nil || got.Message != want {
			t.Errorf("the guest saw %q, %v, want %q", got.Message, err, want)
		}
	}
}
