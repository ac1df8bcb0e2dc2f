// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"slices"
	"time"
)

// line decides whose turn it is at a [Gate] while more want to run than may:
// of those who wait, whoever has run least. It is told the time and runs
// nothing.
//
// Time counts only while somebody waits; what a plugin used when nobody else
// wanted it, it need not pay for. Who comes in between has run as much as
// whoever had the last turn: nobody saves up time either. He may have run
// more, but not by much: who gives way when he should runs ahead only when
// the machine stands still while he has a place.
//
// Besides the places there is a spare one, for those who run little: as long as
// he has credit, who has no other place need not wait. His credit grows slowly
// and not far, so that the spare place is free most of the time.
type line struct {
	last    time.Time     // up to when the runners' time is counted
	reached time.Duration // what whoever had the last turn had run before
	waiting []*Runner     // each with waiters, in the order in which they came
}

// mostAhead is how much more than the others one who comes in between has run,
// at most.
const mostAhead = 2 * time.Millisecond

// begin forgets what was before: somebody waits for the first time again.
func (l *line) begin(runners []*Runner, now time.Time) {
	l.last, l.reached = now, 0
	for _, r := range runners {
		r.ran = 0
	}
}

// count adds the time since it was called last to what the runners have run.
func (l *line) count(runners []*Runner, now time.Time) {
	passed := now.Sub(l.last)
	l.last = now
	for _, r := range runners {
		r.ran += passed * time.Duration(r.running.Load())
	}
}

// join adds one of r who waits until the channel is closed, behind all others
// of r: who was running until now has had a turn, so that an endless guest
// does not keep its plugin's other requests from being served.
func (l *line) join(r *Runner, ready chan struct{}, running bool) {
	if len(r.waiters) == 0 {
		if !running && r.running.Load() == 0 {
			r.ran = min(max(r.ran, l.reached), l.reached+mostAhead)
		}
		l.waiting = append(l.waiting, r)
	}
	r.waiters = append(r.waiters, ready)
}

// next returns whose turn it is, nil if nobody waits.
func (l *line) next() *Runner { return l.least(func(*Runner) bool { return true }) }

// short returns who may have the spare place, nil if nobody may.
func (l *line) short(now time.Time) *Runner {
	return l.least(func(r *Runner) bool { return r.running.Load() == 0 && r.credit.Has(0, now) })
}

// least returns who has run least of those who wait and may.
func (l *line) least(may func(*Runner) bool) (first *Runner) {
	for _, r := range l.waiting {
		if (first == nil || r.ran < first.ran) && may(r) {
			first = r
		}
	}
	return first
}

// admit takes the first of r out of the line and returns its channel.
func (l *line) admit(r *Runner) chan struct{} {
	l.reached = max(l.reached, r.ran)
	r.running.Add(1)
	ready := r.waiters[0]
	l.leave(r, 0)
	return ready
}

// leave takes one of r out of the line.
func (l *line) leave(r *Runner, index int) {
	r.waiters = slices.Delete(r.waiters, index, index+1)
	if len(r.waiters) == 0 {
		at := slices.Index(l.waiting, r)
		l.waiting = slices.Delete(l.waiting, at, at+1)
	}
}
