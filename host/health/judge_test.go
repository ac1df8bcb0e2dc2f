// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script plays calls against a judge and notes the steps that follow, each with
// the second in which it does. The time goes on as a host's does: whenever
// Next says so, Advance is called.
type script struct {
	judge *Judge
	start time.Time
	now   time.Time
	steps []string
}

func newScript(p Policy, controllers int, predecessor bool) *script {
	start := time.Unix(1e9, 0)
	return &script{judge: New(start, p, controllers, predecessor), start: start, now: start}
}

func (s *script) note(step Step) {
	if step.Action == None {
		return
	}
	line := fmt.Sprintf("%gs %s", s.now.Sub(s.start).Seconds(), step.Action)
	if step.Action != Keep {
		line += fmt.Sprint(" ", step.Controller)
	}
	if step.Backoff > 0 {
		line += fmt.Sprintf(" for %v: %s", step.Backoff, step.Because)
	}
	s.steps = append(s.steps, line)
}

// until lets time pass up to a second of the script.
func (s *script) until(second float64) {
	end := s.start.Add(time.Duration(second * float64(time.Second)))
	for next := s.judge.Next(); !next.IsZero() && !next.After(end); next = s.judge.Next() {
		s.now = next
		for _, step := range s.judge.Advance(s.now) {
			s.note(step)
		}
	}
	s.now = end
}

// play reads calls as "SECOND: CALL ...", one line per moment. A call is
// "ok" or "trap", of a request; with the suffix "!" of a retry, "@1" of the
// second controller, "map-" before it of wcm_map; with the prefix "5*" five times.
func (s *script) play(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		moment, calls, _ := strings.Cut(strings.TrimSpace(line), ":")
		var second float64
		if _, err := fmt.Sscan(moment, &second); err != nil {
			t.Fatalf("script line %q: %v", line, err)
		}
		s.until(second)
		for word := range strings.FieldsSeq(calls) {
			times, call := parseCall(t, word)
			for range times {
				s.note(s.judge.Call(s.now, call))
			}
		}
	}
}

func parseCall(t *testing.T, word string) (times int, c Call) {
	t.Helper()
	times = 1
	if n, rest, found := strings.Cut(word, "*"); found {
		if _, err := fmt.Sscan(n, &times); err != nil {
			t.Fatalf("call %q: %v", word, err)
		}
		word = rest
	}
	if rest, found := strings.CutSuffix(word, "@1"); found {
		c.Controller, word = 1, rest
	}
	word, c.Retry = strings.CutSuffix(word, "!")
	word, c.Map = strings.CutPrefix(word, "map-")
	if !slices.Contains([]string{"ok", "trap"}, word) {
		t.Fatalf("call %q: expected ok or trap", word)
	}
	c.Trapped = word == "trap"
	return times, c
}

// policy is the default of a plugin's file.
var policy = Policy{Window: time.Minute, Requests: 10, Share: 0.5}

func TestAfterASwap(t *testing.T) {
	tests := []struct {
		reason, script, want string
	}{
		{"it works", "0: 100*ok\n70:", "60s keep"},
		{"every request traps", "0: 9*trap\n3: trap", "3s roll back 0 for 10s: 10 of 10 requests trapped"},
		{"half of them is most", "0: 5*ok 4*trap\n1: trap", "1s roll back 0 for 10s: 5 of 10 requests trapped"},
		{"few objects, each traps again and again", "0: 2*trap\n1: 2*trap!\n3: 2*trap!\n7: 2*trap!\n65:",
			"60s roll back 0 for 10s: all of 8 calls trapped"},
		{"one object, a deadline as long as the window", "0: trap\n65:", "60s roll back 0 for 10s: its only call trapped"},
		{"a minority", "0: 12*ok 4*trap\n70:", "60s keep"},
		{"a minority that comes back", "0: 12*ok 4*trap\n1: 4*trap!\n3: 4*trap!\n7: 4*trap!\n15: 4*trap!\n70:", "60s keep"},
		{"it recovers", "0: 3*trap\n1: 3*ok!\n70:", "60s keep"},
		{"nothing to do", "0:\n1000:", ""},
		{"the window begins with the first reconcile", "0: 5*map-ok\n500: ok\n555:\n600:", "560s keep"},
		{"mapping alone proves nothing", "0: 500*map-ok\n500:", ""},
		{"it cannot map", "0: 10*map-trap", "0s roll back 0 for 10s: 10 of 10 calls of wcm_map trapped"},
		{"it can map, but not reconcile", "0: 900*map-ok 10*trap", "0s roll back 0 for 10s: 10 of 10 requests trapped"},
		{"it can reconcile, but not map", "0: 900*ok 3*map-trap\n65:", "60s roll back 0 for 10s: all of 3 calls trapped"},
		{"one of two controllers is broken", "0: 100*ok 10*trap@1", "0s roll back 1 for 10s: 10 of 10 requests trapped"},
		{"too late for going back", "0: 100*ok\n70: 100*trap",
			"60s keep\n70s quarantine 0 for 10s: 10 of 10 requests trapped"},
		{"going back did not work", "0: 10*trap\n5: trap!\n10: trap!\n60:",
			"0s roll back 0 for 10s: 10 of 10 requests trapped\n10s try 0\n10s quarantine 0 for 20s: it trapped again when it was tried\n30s try 0"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			s := newScript(policy, 2, true)
			s.play(t, test.script)
			if diff := cmp.Diff(test.want, strings.Join(s.steps, "\n")); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutPredecessor(t *testing.T) {
	tests := []struct {
		reason, script, want string
	}{
		{"it works", "0: ok\n60:", "60s keep"},
		{"it traps, is tried, and works", "0: 10*trap\n10: ok!\n11: 100*ok\n130:",
			"0s quarantine 0 for 10s: 10 of 10 requests trapped\n10s try 0\n10s release 0\n60s keep"},
		{"calls that had begun before decide nothing", "0: 10*trap\n1: ok trap\n9: ok",
			"0s quarantine 0 for 10s: 10 of 10 requests trapped"},
		{"a trial waits for a key", "0: 10*trap\n500: ok\n540:",
			"0s quarantine 0 for 10s: 10 of 10 requests trapped\n10s try 0\n500s release 0\n540s keep"},
		{"a trial that is a mapping", "0: 10*trap\n15: map-ok",
			"0s quarantine 0 for 10s: 10 of 10 requests trapped\n10s try 0\n15s release 0"},
		{"one object traps again and again", "0: trap\n1: trap!\n3: trap!\n7: trap!\n15: trap!\n31: trap!\n63: trap!",
			"63s quarantine 0 for 10s: all of 6 calls trapped"},
		{"one object traps for a while", "0: trap\n31: trap!\n63: ok!\n130:", "120s keep"},
		{"it breaks in the course of time", "0: 100*ok\n3600: 100*trap",
			"60s keep\n3600s quarantine 0 for 10s: 10 of 10 requests trapped"},
		{"its neighbour in the module works on", "0: 10*trap 100*ok@1\n5: 100*ok@1",
			"0s quarantine 0 for 10s: 10 of 10 requests trapped"},
		{"released too early, the back-off goes on", "0: 10*trap\n10: ok!\n20: 10*trap",
			"0s quarantine 0 for 10s: 10 of 10 requests trapped\n10s try 0\n10s release 0\n20s quarantine 0 for 20s: 10 of 10 requests trapped"},
		{"well for a window, the back-off begins anew", "0: 10*trap\n10: ok!\n70: 10*trap",
			"0s quarantine 0 for 10s: 10 of 10 requests trapped\n10s try 0\n10s release 0\n60s keep\n70s quarantine 0 for 10s: 10 of 10 requests trapped"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			s := newScript(policy, 2, false)
			s.play(t, test.script)
			if diff := cmp.Diff(test.want, strings.Join(s.steps, "\n")); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBackoffDoublesToAMaximum(t *testing.T) {
	s := newScript(policy, 1, false)
	step := Step{}
	for range policy.Requests {
		step = s.judge.Call(s.now, Call{Trapped: true})
	}
	var got []time.Duration
	for range 9 {
		got = append(got, step.Backoff)
		if until, yes := s.judge.Quarantined(0); !yes || !s.judge.Paused(0) || until.Sub(s.now) != step.Backoff {
			t.Errorf("Quarantined = %v, %v, want until the back-off of %v is over", until.Sub(s.now), yes, step.Backoff)
		}
		s.until(s.now.Sub(s.start).Seconds() + step.Backoff.Seconds())
		if _, yes := s.judge.Quarantined(0); !yes || s.judge.Paused(0) {
			t.Error("while it is tried, a controller is in quarantine and makes a call")
		}
		step = s.judge.Call(s.now, Call{Trapped: true, Retry: true})
	}
	second := time.Second
	want := []time.Duration{10 * second, 20 * second, 40 * second, 80 * second, 160 * second, 320 * second, 640 * second, 900 * second, 900 * second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("back-offs (-want +got):\n%s", diff)
	}
}

// TestNoWindowNoRollback has an operator who does not want to be helped.
func TestNoWindowNoRollback(t *testing.T) {
	s := newScript(Policy{Requests: 10, Share: 0.5}, 1, true)
	s.play(t, "0: 10*trap")
	if diff := cmp.Diff([]string{"0s quarantine 0 for 10s: 10 of 10 requests trapped"}, s.steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestSuspectAndSettled(t *testing.T) {
	tests := []struct {
		reason, script   string
		suspect, settled bool
	}{
		{"it has begun", "0:", false, false},
		{"it made no calls for a window", "60:", false, true},
		{"it works", "0: 10*ok", false, false},
		{"it traps sometimes", "0: 10*ok trap", false, false},
		{"it traps sometimes, for a window", "0: 10*ok trap\n60:", false, true},
		{"it did nothing but trap", "50: trap\n70:", true, false},
		{"it cannot map", "0: 10*ok map-trap", true, false},
		{"in quarantine", "0: 10*trap", true, false},
		{"in quarantine again", "0: 100*ok\n70: 10*trap", true, false},
		{"out of quarantine", "0: 10*trap\n10: ok!\n60:", false, true},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			s := newScript(policy, 1, false)
			s.play(t, test.script)
			if got := s.judge.Suspect(); got != test.suspect {
				t.Errorf("Suspect() = %v, want %v", got, test.suspect)
			}
			if got := s.judge.Settled(s.now); got != test.settled {
				t.Errorf("Settled() = %v, want %v", got, test.settled)
			}
		})
	}
}
