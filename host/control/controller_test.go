// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wasm-controller-manager/wcm/abi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a reconciler that notes which keys it was given and answers what
// the test says.
type recorder struct {
	answer func(ctx context.Context, a Attempt) Outcome // nil: done

	mu       sync.Mutex
	attempts []Attempt
}

func (r *recorder) Reconcile(ctx context.Context, a Attempt) Outcome {
	r.mu.Lock()
	r.attempts = append(r.attempts, a)
	r.mu.Unlock()
	if r.answer == nil {
		return Outcome{}
	}
	return r.answer(ctx, a)
}

func (r *recorder) names() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, a := range r.attempts {
		names = append(names, a.Key.Name)
	}
	return strings.Join(names, " ")
}

// run runs c until the returned function is called, which waits for Run and
// returns its error.
func run(t *testing.T, c *Controller) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- c.Run(ctx) }()
	return func() error {
		cancel()
		return <-result
	}
}

func newTest(r Reconciler) *Controller { return New(Options{Name: "test", Reconciler: r}) }

func expectNames(t *testing.T, r *recorder, want string) {
	t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, r.names()); diff != "" {
		t.Fatalf("reconciled keys: -want +got:\n%s", diff)
	}
}

// pass lets time pass until everything waits.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func expectStopped(t *testing.T, stop func() error) {
	t.Helper()
	if err := stop(); err != nil {
		t.Fatalf("Run() = %v, want nil", err)
	}
}

func TestKeysBeforeRunAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		c := newTest(r)
		c.AddLow(key("a"))
		c.AddLow(key("b"))
		c.Add(key("c"))
		c.Add(key("b"))
		if got := c.Len(); got != 3 {
			t.Errorf("Len() before Run = %d, want 3", got)
		}
		stop := run(t, c)
		expectNames(t, r, "c b a")
		expectStopped(t, stop)
	})
}

func TestRetryBacksOffAndCountsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		r := &recorder{}
		r.answer = func(_ context.Context, a Attempt) Outcome {
			at = append(at, time.Since(start))
			if a.Failures < 3 {
				return Outcome{Err: errTest}
			}
			return Outcome{}
		}
		c := newTest(r)
		stop := run(t, c)
		c.Add(key("a"))
		pass(time.Hour)
		c.Add(key("a"))
		synctest.Wait()
		want := []time.Duration{0, 5 * time.Millisecond, 15 * time.Millisecond, 35 * time.Millisecond, time.Hour}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("times of attempts: -want +got:\n%s", diff)
		}
		var failures []int
		for _, a := range r.attempts {
			failures = append(failures, a.Failures)
		}
		if diff := cmp.Diff([]int{0, 1, 2, 3, 0}, failures); diff != "" {
			t.Errorf("Attempt.Failures: -want +got:\n%s", diff)
		}
		expectStopped(t, stop)
	})
}

// TestDue checks that an attempt knows what its key waits for: through changes
// and failures, until an outcome is a success or the Run ends.
func TestDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		answers := []Outcome{
			{RequeueAfter: time.Minute}, // at 0s, after a change
			{Err: errTest},              // at 30s, after a change
			{RequeueAfter: time.Minute}, // at 30.005s, after the back-off
			{RequeueAfter: time.Hour},   // at 90s, after a change
			{},                          // at 90.005s, for that timer is still there
			{},                          // at 120s, after a change
			{RequeueAfter: time.Minute}, // at 150s, after a change
			{},                          // in another Run
		}
		var due []time.Duration
		r := &recorder{}
		r.answer = func(_ context.Context, a Attempt) Outcome {
			d := time.Duration(-1)
			if !a.Due.IsZero() {
				d = a.Due.Sub(start)
			}
			due = append(due, d)
			return answers[len(due)-1]
		}
		c := newTest(r)
		stop := run(t, c)
		for _, wait := range []time.Duration{0, 30 * time.Second, time.Minute, 30 * time.Second, 30 * time.Second} {
			pass(wait)
			c.Add(key("a"))
			synctest.Wait()
		}
		expectStopped(t, stop)
		stop = run(t, c)
		synctest.Wait()
		expectStopped(t, stop)
		want := []time.Duration{-1, time.Minute, time.Minute, 90*time.Second + 5*time.Millisecond, time.Hour + 90*time.Second, -1, -1, -1}
		if diff := cmp.Diff(want, due); diff != "" {
			t.Errorf("Attempt.Due: -want +got:\n%s", diff)
		}
	})
}

func TestRequeueAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		r := &recorder{}
		r.answer = func(context.Context, Attempt) Outcome {
			at = append(at, time.Since(start))
			if len(at) == 1 {
				return Outcome{RequeueAfter: time.Minute}
			}
			return Outcome{}
		}
		c := newTest(r)
		stop := run(t, c)
		c.Add(key("a"))
		pass(10 * time.Second)
		c.Add(key("a")) // a change wakes the key although it waits
		pass(time.Hour)
		if diff := cmp.Diff([]time.Duration{0, 10 * time.Second, time.Minute}, at); diff != "" {
			t.Errorf("times of attempts: -want +got:\n%s", diff)
		}
		expectStopped(t, stop)
	})
}

// TestRequeueAtOnce has keys that want to come back after a nanosecond, for
// ever: one key more, which has changed or is only looked at again, gets its
// turn all the same.
func TestRequeueAtOnce(t *testing.T) {
	const greedy = 10
	turns, waited, done := 0, map[string]int{}, make(chan struct{})
	r := &recorder{}
	r.answer = func(_ context.Context, a Attempt) Outcome {
		if a.Key.Name == "greedy" {
			turns++
			return Outcome{RequeueAfter: time.Nanosecond}
		}
		waited[a.Key.Name] = turns
		if len(waited) == 2 {
			close(done)
		}
		return Outcome{}
	}
	c := newTest(r)
	for i := range greedy {
		c.Add(Key{Namespace: strconv.Itoa(i), Name: "greedy"})
	}
	c.Add(key("changed"))
	c.AddLow(key("low"))
	stop := run(t, c)
	<-done
	if err := stop(); err != nil {
		t.Error(err)
	}
	if waited["changed"] != greedy || waited["low"] > 2*fairShare {
		t.Errorf("turns of others before their own: %v, want %d for the one that changed and %d at most for the low one", waited, greedy, 2*fairShare)
	}
}

func TestTerminalWaitsForAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{answer: func(context.Context, Attempt) Outcome { return Outcome{Err: errTest, Terminal: true} }}
		c := newTest(r)
		stop := run(t, c)
		c.Add(key("a"))
		pass(24 * time.Hour)
		expectNames(t, r, "a")
		c.Add(key("a"))
		expectNames(t, r, "a a")
		expectStopped(t, stop)
	})
}

func TestAddWhileReconciling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{answer: func(context.Context, Attempt) Outcome {
			<-time.After(time.Second)
			return Outcome{}
		}}
		c := New(Options{Name: "test", Reconciler: r, Concurrency: 4})
		stop := run(t, c)
		c.Add(key("a"))
		synctest.Wait()
		c.Add(key("a"))
		c.Add(key("a"))
		expectNames(t, r, "a") // never twice at the same time
		pass(time.Minute)
		expectNames(t, r, "a a")
		expectStopped(t, stop)
	})
}

func TestPanicIsATrap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{answer: func(_ context.Context, a Attempt) Outcome {
			if a.Failures == 0 {
				panic("our own bug")
			}
			return Outcome{}
		}}
		o := &reports{}
		c := New(Options{Name: "test", Reconciler: r, Observer: o})
		stop := run(t, c)
		c.Add(key("a"))
		pass(time.Minute)
		expectNames(t, r, "a a")
		first := o.all[0].Outcome
		if !first.Trap || !strings.Contains(first.Err.Error(), "our own bug") || !strings.Contains(first.Err.Error(), "controller_test.go") {
			t.Errorf("Outcome of a panic = %+v, want a trap with the panic's value and stack", first)
		}
		expectStopped(t, stop)
	})
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		r := &recorder{answer: func(ctx context.Context, a Attempt) Outcome {
			if a.Failures > 0 {
				return Outcome{}
			}
			<-ctx.Done()
			cause = context.Cause(ctx)
			return Outcome{Err: ctx.Err(), Status: abi.StatusCanceled}
		}}
		o := &reports{}
		c := New(Options{Name: "test", Reconciler: r, Timeout: time.Minute, Observer: o})
		stop := run(t, c)
		c.Add(key("a"))
		pass(time.Hour)
		expectNames(t, r, "a a")
		if !errors.Is(cause, ErrTimeout) {
			t.Errorf("cause of the context's end = %v, want %v", cause, ErrTimeout)
		}
		if !o.all[0].TimedOut || o.all[1].TimedOut {
			t.Errorf("TimedOut = %v, %v, want true, false", o.all[0].TimedOut, o.all[1].TimedOut)
		}
		expectStopped(t, stop)
	})
}

func TestIDsAreUnique(t *testing.T) {
	c, d := newTest(nil), newTest(nil)
	ids := []string{c.nextID(), c.nextID(), d.nextID(), d.nextID()}
	slices.Sort(ids)
	if got := len(slices.Compact(ids)); got != 4 {
		t.Errorf("%d unique IDs of 4: %v", got, ids)
	}
}

// reports is an Observer that keeps what it is told.
type reports struct {
	mu     sync.Mutex
	all    []Report
	waited []time.Duration
}

func (*reports) RunStarted(int, func() Queue) {}
func (*reports) RunEnded()                    {}

func (r *reports) AttemptStarted(waited time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waited = append(r.waited, waited)
}

func (r *reports) AttemptEnded(report Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, report)
}
