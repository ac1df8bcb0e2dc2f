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
//
// The time of a runner is counted when somebody asks for it: what a turn costs
// does not depend on how many runners there are, but on how many of them wait.
type line struct {
	round   uint64        // how often somebody waited for the first time
	began   time.Time     // this round
	reached time.Duration // what whoever had the last turn had run before
	waiting []*Runner     // each with waiters, in the order in which they came
}

// mostAhead is how much more than the others one who comes in between has run,
// at most.
const mostAhead = 2 * time.Millisecond

// begin forgets what was before: somebody waits for the first time again.
func (l *line) begin(now time.Time) {
	l.round++
	l.began, l.reached = now, 0
}

// count adds to what r has run in this round. It is called before the number
// of places changes that r has.
func (l *line) count(r *Runner, now time.Time) {
	if r.round != l.round {
		r.round, r.counted, r.ran = l.round, l.began, 0
	}
	r.ran += now.Sub(r.counted) * time.Duration(r.running.Load())
	r.counted = now
}

// join adds one of r who waits until the channel is closed, behind all others
// of r: who was running until now has had a turn, so that an endless guest
// does not keep its plugin's other requests from being served.
func (l *line) join(r *Runner, ready chan struct{}, running bool, now time.Time) {
	if len(r.waiters) == 0 {
		l.count(r, now)
		if !running && r.running.Load() == 0 {
			r.ran = min(max(r.ran, l.reached), l.reached+mostAhead)
		}
		l.waiting = append(l.waiting, r)
	}
	r.waiters = append(r.waiters, ready)
}

// next returns whose turn it is, nil if nobody waits.
func (l *line) next(now time.Time) *Runner {
	return l.least(now, func(*Runner) bool { return true })
}

// short returns who may have the spare place, nil if nobody may.
func (l *line) short(now time.Time) *Runner {
	return l.least(now, func(r *Runner) bool { return r.running.Load() == 0 && r.credit.Has(0, now) })
}

// least returns who has run least of those who wait and may.
func (l *line) least(now time.Time, may func(*Runner) bool) (first *Runner) {
	for _, r := range l.waiting {
		if r.running.Load() > 0 { // else it was counted when it began to wait
			l.count(r, now)
		}
		if (first == nil || r.ran < first.ran) && may(r) {
			first = r
		}
	}
	return first
}

// admit takes the first of r out of the line and returns its channel.
func (l *line) admit(r *Runner, now time.Time) chan struct{} {
	l.count(r, now)
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
