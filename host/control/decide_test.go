// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
)

var errTest = errors.New("it went wrong")

func TestDecide(t *testing.T) {
	cases := []struct {
		name      string
		reason    string
		outcome   Outcome
		situation Situation
		want      Decision
	}{
		{"done", "nothing is left to do", Outcome{}, Situation{},
			Decision{Forget, 0, ResultSuccess, slog.LevelDebug}},
		{"done after failures", "success wipes them out", Outcome{}, Situation{Failures: 7},
			Decision{Forget, 0, ResultSuccess, slog.LevelDebug}},
		{"done while stopping", "a finished attempt is finished", Outcome{}, Situation{Stopping: true},
			Decision{Forget, 0, ResultSuccess, slog.LevelDebug}},
		{"status without error", "only a failure has a status that counts", Outcome{Status: abi.StatusConflict}, Situation{},
			Decision{Forget, 0, ResultSuccess, slog.LevelDebug}},
		{"requeue after", "the reconciler asked for it", Outcome{RequeueAfter: time.Minute}, Situation{Failures: 3},
			Decision{Requeue, time.Minute, ResultRequeueAfter, slog.LevelDebug}},
		{"requeue after while stopping", "the next Run reconciles it", Outcome{RequeueAfter: time.Minute}, Situation{Stopping: true},
			Decision{Requeue, time.Minute, ResultRequeueAfter, slog.LevelDebug}},
		{"negative requeue after", "it asks for nothing", Outcome{RequeueAfter: -1}, Situation{},
			Decision{Forget, 0, ResultSuccess, slog.LevelDebug}},
		{"first error", "back-off starts small", Outcome{Err: errTest}, Situation{},
			Decision{Retry, 5 * time.Millisecond, ResultError, slog.LevelError}},
		{"fourth error", "and doubles", Outcome{Err: errTest}, Situation{Failures: 3},
			Decision{Retry, 40 * time.Millisecond, ResultError, slog.LevelError}},
		{"hundredth error", "up to client-go's limit, without overflow", Outcome{Err: errTest}, Situation{Failures: 99},
			Decision{Retry, 1000 * time.Second, ResultError, slog.LevelError}},
		{"error with requeue after", "an error has its own time", Outcome{Err: errTest, RequeueAfter: time.Hour}, Situation{},
			Decision{Retry, 5 * time.Millisecond, ResultError, slog.LevelError}},
		{"error while stopping", "the stop may be why", Outcome{Err: errTest}, Situation{Failures: 2, Stopping: true},
			Decision{Keep, 0, ResultRequeue, slog.LevelDebug}},
		{"trap", "an instance was lost", Outcome{Err: errTest, Trap: true}, Situation{},
			Decision{Retry, time.Second, ResultError, slog.LevelError}},
		{"trap without error", "is a failure all the same", Outcome{Trap: true}, Situation{Failures: 2},
			Decision{Retry, 4 * time.Second, ResultError, slog.LevelError}},
		{"trap on a conflict", "the trap is what counts", Outcome{Err: errTest, Trap: true, Status: abi.StatusConflict}, Situation{Failures: 20},
			Decision{Retry, 1000 * time.Second, ResultError, slog.LevelError}},
		{"trap while stopping", "instances are cut off by the stop", Outcome{Err: errTest, Trap: true}, Situation{Stopping: true},
			Decision{Keep, 0, ResultRequeue, slog.LevelDebug}},
		{"terminal", "trying again cannot help", Outcome{Err: errTest, Terminal: true}, Situation{Failures: 2},
			Decision{Forget, 0, ResultError, slog.LevelError}},
		{"terminal without error", "is a failure all the same", Outcome{Terminal: true}, Situation{},
			Decision{Forget, 0, ResultError, slog.LevelError}},
		{"terminal while stopping", "the reconciler decided, not the stop", Outcome{Err: errTest, Terminal: true}, Situation{Stopping: true},
			Decision{Forget, 0, ResultError, slog.LevelError}},
		{"conflict", "a fresh read is near, and nothing is wrong", Outcome{Err: errTest, Status: abi.StatusConflict}, Situation{},
			Decision{Retry, 5 * time.Millisecond, ResultError, slog.LevelDebug}},
		{"conflict again and again", "never long out of sight", Outcome{Err: errTest, Status: abi.StatusConflict}, Situation{Failures: 50},
			Decision{Retry, 5 * time.Second, ResultError, slog.LevelDebug}},
		{"not leader", "the lease may come back, the key must be there", Outcome{Err: errTest, Status: abi.StatusNotLeader}, Situation{},
			Decision{Retry, 500 * time.Millisecond, ResultRequeue, slog.LevelDebug}},
		{"not leader while stopping", "the next Run has it", Outcome{Err: errTest, Status: abi.StatusNotLeader}, Situation{Stopping: true},
			Decision{Keep, 0, ResultRequeue, slog.LevelDebug}},
		{"canceled while running", "its time was up: back off, or it spins", Outcome{Err: errTest, Status: abi.StatusCanceled}, Situation{},
			Decision{Retry, 5 * time.Millisecond, ResultError, slog.LevelError}},
		{"canceled while stopping", "the stop cut it off", Outcome{Err: errTest, Status: abi.StatusCanceled}, Situation{Stopping: true},
			Decision{Keep, 0, ResultRequeue, slog.LevelDebug}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Decide(c.outcome, c.situation)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Decide(%+v, %+v), because %s: -want +got:\n%s", c.outcome, c.situation, c.reason, diff)
			}
		})
	}
}

// Every error status but the two with rules of their own is an ordinary error.
func TestDecideStatus(t *testing.T) {
	for s := range abi.Status(abi.Statuses + 2) {
		if s == abi.StatusConflict || s == abi.StatusNotLeader {
			continue
		}
		got := Decide(Outcome{Err: errTest, Status: s}, Situation{Failures: 1})
		want := Decision{Retry, 10 * time.Millisecond, ResultError, slog.LevelError}
		if got != want {
			t.Errorf("Decide(error with status %v) = %+v, want %+v", s, got, want)
		}
	}
}

// Whatever the outcome: a failed attempt that is not terminal comes back, and
// its time is positive and does not shrink with more failures.
func TestDecideNeverLosesAFailure(t *testing.T) {
	for _, trap := range []bool{false, true} {
		for s := range abi.Status(abi.Statuses + 1) {
			var last time.Duration
			for failures := range 40 {
				o := Outcome{Err: errTest, Trap: trap, Status: s}
				d := Decide(o, Situation{Failures: failures})
				if d.Action != Retry || d.After <= 0 || d.After < last {
					t.Fatalf("Decide(%+v, %d failures) = %+v after %v, want a retry that is not sooner", o, failures, d, last)
				}
				last = d.After
			}
		}
	}
}
