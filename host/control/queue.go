// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import "time"

// queue is the keys that wait for a worker or are in work. A key waits once and
// is in work once at most; if it is added while it is in work, it waits until
// that is done, in no lane. The zero queue is empty. A queue is not safe for
// concurrent use, and has no goroutine and no clock.
type queue struct {
	lanes   lanes
	waiting keyMap[*item]
	working map[Key]time.Time // since when; no more than there are workers
}

// add makes a key wait, and reports false if it does already. One that waits in
// the low lane moves to the normal one if low is false.
func (q *queue) add(key Key, low bool, now time.Time) bool {
	if i, ok := q.waiting.get(key); ok {
		if !low {
			q.lanes.raise(i)
		}
		return false
	}
	i := &item{key: key, since: now}
	q.waiting.set(key, i)
	if _, busy := q.working[key]; !busy {
		q.lanes.push(i, low)
	}
	return true
}

// take begins the work on the next key, and says how long that has waited.
func (q *queue) take(now time.Time) (key Key, waited time.Duration, ok bool) {
	i := q.lanes.take()
	if i == nil {
		return Key{}, 0, false
	}
	q.waiting.delete(i.key)
	if q.working == nil {
		q.working = map[Key]time.Time{}
	}
	q.working[i.key] = now
	return i.key, now.Sub(i.since), true
}

// done ends the work on a key. If it was added in the meantime it goes to the
// normal lane, however it was added: it may be a change.
func (q *queue) done(key Key) {
	delete(q.working, key)
	if i, ok := q.waiting.get(key); ok {
		q.lanes.push(i, false)
	}
}

// len returns the number of keys that a worker could take.
func (q *queue) len() int { return q.lanes.len() }

// restart makes all keys that wait wait from now on, and returns their number.
func (q *queue) restart(now time.Time) int {
	for _, i := range q.waiting.entries {
		i.since = now
	}
	return q.waiting.len()
}

// ages returns the sum of the times for which keys have been in work, and the
// longest of them.
func (q *queue) ages(now time.Time) (sum, longest time.Duration) {
	for _, since := range q.working {
		age := now.Sub(since)
		sum += age
		longest = max(longest, age)
	}
	return sum, longest
}
