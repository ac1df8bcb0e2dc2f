// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"math"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/host/limit"
)

// queue decides whose request is next: of those who may send one, whoever had
// fewest. It is told the time and sends nothing.
//
// Who was idle does not save up requests: its count is raised to those that
// others had meanwhile, less the reserve. And a part of the bucket, the
// reserve, is for those only who had fewer than others: one that sends as
// fast as it can finds nothing but the reserve, its neighbour finds that.
type queue struct {
	bucket  limit.Bucket
	reserve float64
	reached float64      // requests that whoever was served last had before
	waiting []*Requester // each with waiters, in the order in which they came
}

// reservedPart is the part of the burst that is the reserve.
const reservedPart = 1. / 4

func newQueue(perSecond, burst float64, now time.Time) queue {
	if perSecond <= 0 {
		return queue{bucket: unlimited(now)}
	}
	burst = max(burst, 1)
	return queue{
		bucket:  limit.NewBucket(perSecond, burst, now),
		reserve: math.Floor(burst * reservedPart),
	}
}

func unlimited(now time.Time) limit.Bucket { return limit.NewBucket(math.Inf(1), math.Inf(1), now) }

// join adds a request, which closes the channel when it is served.
func (q *queue) join(r *Requester, ready chan struct{}) {
	if len(r.waiters) == 0 {
		r.served = max(r.served, q.reached-q.reserve)
		q.waiting = append(q.waiting, r)
	}
	r.waiters = append(r.waiters, ready)
}

// next returns who is next and after what time, nil if nobody waits. Between
// those who may send now it decides by their counts, else by time.
func (q *queue) next(now time.Time) (first *Requester, after time.Duration) {
	after = math.MaxInt64
	for _, r := range q.waiting {
		wait := q.wait(r, now)
		if first == nil || wait < after || wait == 0 && after == 0 && r.served < first.served {
			first, after = r, wait
		}
	}
	return first, after
}

// wait returns how long it takes until r may send one more.
func (q *queue) wait(r *Requester, now time.Time) time.Duration {
	needs := 1.
	if r.served >= q.reached {
		needs += q.reserve
	}
	return max(r.own.Wait(1, now), q.bucket.Wait(needs, now))
}

// least returns a time that a new request of r waits at least.
func (q *queue) least(r *Requester, now time.Time) time.Duration {
	needs := float64(len(r.waiters) + 1)
	return max(r.own.Wait(needs, now), q.bucket.Wait(needs, now))
}

// serve takes the first request of r out of the queue and returns its channel.
func (q *queue) serve(r *Requester, now time.Time) chan struct{} {
	r.own.Take(1, now)
	q.bucket.Take(1, now)
	q.reached = max(q.reached, r.served)
	r.served++
	ready := r.waiters[0]
	q.leave(r, 0)
	return ready
}

// leave takes a request of r out of the queue.
func (q *queue) leave(r *Requester, index int) {
	r.waiters = slices.Delete(r.waiters, index, index+1)
	if len(r.waiters) == 0 {
		at := slices.Index(q.waiting, r)
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
}
