// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

func TestDescribe(t *testing.T) {
	shape := record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: "metadata", Shape: record.Shape{
		Kind: record.Struct, Fields: []record.Field{{Name: "name", Shape: record.Shape{Kind: record.String}}},
	}}}}
	want := &abi.Description{
		Name: "minimal", Version: "1", SDK: "wat",
		Resources: []abi.Resource{{Version: "v1", Resource: "pods", Kind: "Pod",
			Projection: &shape, ProjectionHash: shape.Hash()}},
		Controllers: []abi.Controller{{Name: "minimal", Watches: []abi.Watch{{Mapping: abi.MapFor}}}},
	}
	got, err := guest.Describe(t.Context(), load(t, "minimal"), guest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Describe (-want +got):\n%s", d)
	}
}

// TestDescribeInvalid: the description is a message and still wrong; that is
// no reason to call the instance dead.
func TestDescribeInvalid(t *testing.T) {
	i := instantiate(t, load(t, "describe_invalid"), guest.Options{})
	_, err := i.Describe(t.Context())
	if want := "describes itself wrongly: controllers: none, expected one at least"; err == nil || err.Error() != want {
		t.Errorf("Describe: %v, want %s", err, want)
	}
	if i.Dead() {
		t.Error("the instance is dead")
	}
}

// TestDescribeChosen: a module of several controllers traps at a name that it
// does not know. Of one that takes any, a choice would mean nothing.
func TestDescribeChosen(t *testing.T) {
	tests := []struct {
		module string
		chosen []string
		want   string // the error; empty: none
	}{
		{"minimal", nil, ""},
		{"minimal", []string{"minimal"}, ""},
		{"minimal", []string{"a", "b"}, "is none to choose from: controllers: got [a, b], expected no such field: the module runs [minimal] whatever is named"},
		{"renews", []string{"a"}, "is none to choose from: controllers: got [a], expected no such field: the module runs [minimal] whatever is named"},
		{"chooses", []string{"a"}, ""},
		{"chooses", []string{"b"}, "cannot say what it is: _initialize trapped: unreachable"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.module, test.chosen), func(t *testing.T) {
			_, err := guest.Describe(t.Context(), load(t, test.module), guest.Options{Controllers: test.chosen})
			if err == nil && test.want != "" || err != nil && err.Error() != test.want {
				t.Errorf("Describe of %s.wasm for %q: got error %v, want %q", test.module, test.chosen, err, test.want)
			}
		})
	}
}

func TestConfigure(t *testing.T) {
	settings := abi.Configuration{Plugin: "p"}
	i := instantiate(t, load(t, "rejects"), guest.Options{Plugin: "p"})
	err := i.Configure(t.Context(), settings)
	var rejected *guest.RejectedError
	if want := "plugin p rejects its settings: replicas: not ten"; !errors.As(err, &rejected) || err.Error() != want {
		t.Errorf("Configure of rejects.wasm: %v, want %s", err, want)
	}
	i = instantiate(t, load(t, "minimal"), guest.Options{Plugin: "p"})
	if err := i.Configure(t.Context(), settings); err != nil {
		t.Errorf("Configure of a module without wcm_configure: %v", err)
	}
}

func TestMap(t *testing.T) {
	i := instantiate(t, load(t, "maps"), guest.Options{})
	got, err := i.Map(t.Context(), abi.Change{After: []byte("record")})
	if d := cmp.Diff([]abi.Request{{Namespace: "a", Name: "b"}}, got); d != "" || err != nil {
		t.Errorf("Map: %v, (-want +got):\n%s", err, d)
	}
}

// TestOperate hands results of all sizes to a guest with a buffer of 16 bytes:
// what does not fit is kept for take, and the operation is not repeated.
func TestOperate(t *testing.T) {
	m := load(t, "operates")
	for _, message := range []string{"", "short", strings.Repeat("x", 14), strings.Repeat("x", 15), strings.Repeat("long ", 10_000)} {
		want := abi.Outcome{Message: message}
		calls, request := 0, abi.Request{Namespace: "a", Name: "b", ID: "1"}
		i := instantiate(t, m, guest.Options{Operator: operator{
			operate: func(ctx context.Context, op abi.Operation, got, buffer []byte) (abi.Status, []byte) {
				calls++
				if op != abi.OpGet || ctx.Value(key{}) != "value" || string(got) != string(request.Append(nil)) {
					t.Errorf("Operate(%v, %v, %q), want get, the caller's context, and the request", ctx, op, got)
				}
				return abi.StatusOK, want.Append(buffer)
			}}})
		got, err := i.Reconcile(context.WithValue(t.Context(), key{}, "value"), request)
		if err != nil || got != want || calls != 1 {
			t.Errorf("message of %d bytes: outcome with %d bytes, %v, after %d calls", len(message), len(got.Message), err, calls)
		}
	}
}

type key struct{}

func TestTakeNothing(t *testing.T) {
	i := instantiate(t, load(t, "takes"), guest.Options{})
	got, err := i.Reconcile(t.Context(), abi.Request{Name: "a"})
	if want := (abi.Outcome{Status: abi.StatusBadRequest}); err != nil || got != want {
		t.Errorf("Reconcile = %+v, %v, want %+v", got, err, want)
	}
}

// failed lets operates.wasm return the Error of an operation as its outcome:
// both have a message, an Error in field 1, and so decode differently.
func failed(t *testing.T, o guest.Options, r abi.Request) (abi.Status, string) {
	t.Helper()
	var status abi.Status
	o.Hooks.Operated = func(op abi.Operation, s abi.Status) {
		if op == abi.OpGet {
			status = s
		}
	}
	i := instantiate(t, load(t, "operates"), o)
	_, err := i.Reconcile(t.Context(), r)
	if err == nil {
		return status, ""
	}
	return status, err.Error()
}

func TestLimits(t *testing.T) {
	ok := answer(abi.StatusOK, nil)
	if status, _ := failed(t, guest.Options{Operator: ok, MessageLimit: 100}, abi.Request{Name: strings.Repeat("x", 101)}); status != abi.StatusTooLarge {
		t.Errorf("a request above the limit: status %v, want %v", status, abi.StatusTooLarge)
	}
	if status, err := failed(t, guest.Options{Operator: ok, MessageLimit: 100}, abi.Request{Name: "x"}); status != abi.StatusOK || err != "" {
		t.Errorf("a request below the limit: status %v, %s", status, err)
	}
	big := answer(abi.StatusOK, make([]byte, 101))
	if status, _ := failed(t, guest.Options{Operator: big, ResultLimit: 100}, abi.Request{Name: "x"}); status != abi.StatusTooLarge {
		t.Errorf("a result above the limit: status %v, want %v", status, abi.StatusTooLarge)
	}
	if status, _ := failed(t, guest.Options{}, abi.Request{Name: "x"}); status != abi.StatusNotReady {
		t.Errorf("without an operator: status %v, want %v", status, abi.StatusNotReady)
	}
}

func TestLogs(t *testing.T) {
	m := load(t, "logs")
	for _, enabled := range []bool{false, true} {
		logged := false
		i := instantiate(t, m, guest.Options{Operator: operator{
			enabled: func(level abi.Level) bool { return enabled && level == abi.LevelInfo },
			operate: func(_ context.Context, op abi.Operation, _, buffer []byte) (abi.Status, []byte) {
				logged = logged || op == abi.OpLog
				return abi.StatusOK, buffer
			}}})
		if _, err := i.Reconcile(t.Context(), abi.Request{Name: "a"}); err != nil || logged != enabled {
			t.Errorf("enabled %v: logged %v, %v", enabled, logged, err)
		}
	}
}

func TestOutputHook(t *testing.T) {
	var got []string
	i := instantiate(t, load(t, "speaks"), guest.Options{
		Output: func(_ context.Context, text []byte) { got = append(got, string(text)) },
	})
	for range 2 {
		if err := reconcile("healthy")(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	text := "panic: it hurts\ngoroutine 1 [running]\n"
	if d := cmp.Diff([]string{text, text}, got); d != "" {
		t.Errorf("output (-want +got):\n%s", d)
	}
}

// TestCollect: the guest grows by 64 KiB per call and counts its collections.
func TestCollect(t *testing.T) {
	i := instantiate(t, load(t, "grows"), guest.Options{CollectAfter: 10 * 65536})
	for n := range 20 {
		o, err := i.Reconcile(t.Context(), abi.Request{Name: "a"})
		if err := errors.Join(err, i.Collect(t.Context())); err != nil {
			t.Fatal(err)
		}
		if n == 9 && o.Status != 0 || n == 10 && o.Status != 1 {
			t.Errorf("reconcile %d: %d collections", n, o.Status)
		}
	}
	if err := instantiate(t, load(t, "minimal"), guest.Options{}).Collect(t.Context()); err != nil {
		t.Errorf("Collect of a module without wcm_gc: %v", err)
	}
}

// TestHooks checks that the sums are those of what is open.
func TestHooks(t *testing.T) {
	var calls []string
	var instances int
	var memory int64
	o := guest.Options{Hooks: guest.Hooks{
		Called: func(c guest.Call) {
			if c.Died {
				c.Export += " died"
			}
			calls = append(calls, c.Export)
			if c.Took <= 0 {
				t.Errorf("%s took %v", c.Export, c.Took)
			}
		},
		Instances: func(delta int) { instances += delta },
		Memory:    func(delta int64) { memory += delta },
	}}
	i := instantiate(t, load(t, "grows"), o)
	poisoned := instantiate(t, load(t, "poison"), o)
	if instances != 2 || memory != 6*65536 {
		t.Errorf("two instances of three pages: %d instances, %d bytes", instances, memory)
	}
	if err := reconcile("a")(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if err := reconcile("poison")(t.Context(), poisoned); err == nil {
		t.Fatal("poison gave no error")
	}
	if memory != 7*65536 || i.MemoryBytes() != 4*65536 {
		t.Errorf("memory grew by a page: %d bytes, of them %d", memory, i.MemoryBytes())
	}
	if err := errors.Join(i.Close(t.Context()), poisoned.Close(t.Context()), i.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if instances != 0 || memory != 0 || i.MemoryBytes() != 0 {
		t.Errorf("after Close: %d instances, %d bytes", instances, memory)
	}
	want := []string{"_initialize", "_initialize", "wcm_reconcile", "wcm_reconcile died"}
	if d := cmp.Diff(want, calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// gate counts who goes through it.
type gate struct{ entered, left int }

func (g *gate) Enter(context.Context) error {
	g.entered++
	return nil
}

func (g *gate) Leave() { g.left++ }
func (g *gate) Pass()  {}

// TestGate: whatever a guest computes, also what it dies of, it computes
// between Enter and Leave.
func TestGate(t *testing.T) {
	g := &gate{}
	o := guest.Options{Gate: g}
	check := func(what string, times int) {
		t.Helper()
		if g.entered != times || g.left != times {
			t.Errorf("%s: entered %d times and left %d times, want %d", what, g.entered, g.left, times)
		}
	}
	i := instantiate(t, load(t, "poison"), o)
	check("a new instance", 1)
	if _, err := i.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("describe", 2)
	if err := reconcile("poison")(t.Context(), i); err == nil {
		t.Fatal("poison gave no error")
	}
	check("a reconcile that traps", 3)
	if _, err := guest.New(t.Context(), load(t, "initialize_traps"), o); err == nil {
		t.Fatal("initialize_traps gave no error")
	}
	check("an instance that cannot be made", 4)
}

// TestOperateConcurrently: several instances of one module in one runtime, and
// each gets the answers to its own requests.
func TestOperateConcurrently(t *testing.T) {
	m := load(t, "operates")
	echo := operator{operate: func(_ context.Context, _ abi.Operation, request, buffer []byte) (abi.Status, []byte) {
		var r abi.Request
		if err := r.Decode(request); err != nil {
			return abi.StatusBadRequest, buffer
		}
		o := abi.Outcome{Message: r.Name}
		return abi.StatusOK, o.Append(buffer)
	}}
	var wg sync.WaitGroup
	for worker := range 8 {
		i := instantiate(t, m, guest.Options{Operator: echo})
		wg.Go(func() {
			for n := range 500 {
				name := fmt.Sprintf("%d-%d%s", worker, n, strings.Repeat("x", n%30)) // some are taken
				o, err := i.Reconcile(t.Context(), abi.Request{Name: name})
				if err != nil || o.Message != name {
					t.Errorf("Reconcile(%s) = %+v, %v", name, o, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestOperatorPanics: a bug of the host in one operation costs the instance,
// not the process, and names the operation's place in the stack.
func TestOperatorPanics(t *testing.T) {
	i := instantiate(t, load(t, "operates"), guest.Options{Plugin: "p", Operator: operator{
		operate: func(context.Context, abi.Operation, []byte, []byte) (abi.Status, []byte) { panic("a bug") },
	}})
	_, err := i.Reconcile(t.Context(), abi.Request{Name: "a"})
	if want := "plugin p: wcm_reconcile trapped: a bug"; err == nil || err.Error() != want || !i.Dead() {
		t.Errorf("Reconcile: %v, want %s, and a dead instance", err, want)
	}
}

// TestReconcileDoesNotAllocate holds the cost of a call down.
func TestReconcileDoesNotAllocate(t *testing.T) {
	i := instantiate(t, load(t, "operates"), guest.Options{Operator: answer(abi.StatusOK, nil)})
	ctx, r := t.Context(), abi.Request{Namespace: "a", Name: "b", ID: "1"}
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := i.Reconcile(ctx, r); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("a reconcile with one operation allocates %v times, want 0", n)
	}
}
