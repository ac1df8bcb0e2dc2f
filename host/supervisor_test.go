// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/health"
)

// journal notes what a supervisor does, with the seconds since it began.
type journal struct {
	began time.Time
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf("%gs %s", time.Since(j.began).Seconds(), text))
}

// take returns the lines so far and forgets them.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

func (j *journal) Admit(keys int) { j.note(fmt.Sprint("admit ", keys)) }

func (j *journal) tell(step health.Step, trap error) {
	j.note(fmt.Sprintf("%v, %v", step.Action, trap))
}

var testPolicy = health.Policy{Window: time.Minute, Requests: 2, Share: 1}

func newTestSupervisor(j *journal, predecessor bool) *supervisor {
	j.began = time.Now()
	s := newSupervisor(testPolicy, 1, predecessor, j.tell)
	s.lead(0, j)
	return s
}

func expectJournal(t *testing.T, j *journal, want ...string) {
	t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, j.take()); diff != "" {
		t.Errorf("the supervisor did (-want +got):\n%s", diff)
	}
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestSupervisor(t *testing.T) {
	trap, ok := health.Call{Trapped: true}, health.Call{}
	boom := errors.New("boom")
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := newTestSupervisor(j, false)
		s.ended(trap, boom)
		s.ended(trap, boom)
		expectJournal(t, j, "0s admit 0", "0s quarantine, boom")
		if q := s.quarantines(); len(q) != 1 || time.Until(q[0].until) != 10*time.Second || q[0].because != "2 of 2 requests trapped" || !errors.Is(q[0].trap, boom) {
			t.Errorf("quarantines() = %+v, want the controller for 10s, with the reason", q)
		}
		if !s.paused(0) {
			t.Error("paused() = false in quarantine")
		}
		pass(9 * time.Second)
		expectJournal(t, j)
		pass(time.Second)
		expectJournal(t, j, "10s admit 1", "10s try, boom")
		if q := s.quarantines(); len(q) != 1 || q[0].because == "" {
			t.Errorf("quarantines() during the trial = %+v, want the controller with the reason", q)
		}
		s.ended(trap, boom)
		expectJournal(t, j, "10s admit 0", "10s quarantine, boom")
		pass(20 * time.Second)
		s.ended(ok, nil)
		expectJournal(t, j, "30s admit 1", "30s try, boom", "30s admit -1", "30s release, boom")
		if q := s.quarantines(); len(q) != 0 {
			t.Errorf("quarantines() after the release = %+v, want none", q)
		}
		pass(time.Hour)
		expectJournal(t, j, "60s keep, boom")
		s.close()
	})
}

func TestSupervisorAsksForARollback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := newTestSupervisor(j, true)
		s.ended(health.Call{}, nil)
		s.ended(health.Call{}, nil)
		pass(time.Second)
		s.ended(health.Call{Map: true, Trapped: true}, errors.New("boom"))
		s.ended(health.Call{Map: true, Trapped: true}, errors.New("bang"))
		expectJournal(t, j, "1s admit 0", "1s roll back, bang")
		s.close()
	})
}

// TestSupervisorThatIsClosedDoesNothing closes one whose alarm is set.
func TestSupervisorThatIsClosedDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := newTestSupervisor(j, true)
		s.ended(health.Call{Trapped: true}, errors.New("boom"))
		s.close()
		s.ended(health.Call{Trapped: true}, errors.New("boom"))
		pass(time.Hour)
		expectJournal(t, j)
	})
}

// TestQuarantineLosesNoRequest has a guest that traps for five minutes. It is
// let alone most of that time, and afterwards every key is reconciled.
func TestQuarantineLosesNoRequest(t *testing.T) {
	const keys = 50
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := newSupervisor(testPolicy, 1, false, func(health.Step, error) {})
		defer s.close()
		traps, done := 0, map[string]bool{}
		c := control.New(control.Options{Name: "test", Reconciler: control.ReconcilerFunc(
			func(_ context.Context, a control.Attempt) (o control.Outcome) {
				if o.Trap = time.Since(began) < 5*time.Minute; o.Trap {
					o.Err = errors.New("boom")
					traps++
				} else {
					done[a.Key.Name] = true
				}
				s.ended(health.Call{Trapped: o.Trap, Retry: a.Failures > 0}, o.Err)
				return o
			})})
		s.lead(0, c)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }() // ends by stop
		for i := range keys {
			c.Add(control.Key{Name: fmt.Sprint(i)})
		}
		pass(5 * time.Minute)
		if traps > 10 {
			t.Errorf("it trapped %d times in five minutes, want a few: it is in quarantine", traps)
		}
		pass(10 * time.Minute)
		if len(done) != keys {
			t.Errorf("%d of %d keys were reconciled once it worked", len(done), keys)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
