// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"sync"
	"time"
)

// burstSeconds is how many seconds of its rate may be used up at once: a
// plugin that was quiet may say what happened without pausing.
const burstSeconds = 2

// Rate lets things pass at a rate, and counts what it does not let pass. It is
// safe for concurrent use; nil lets everything pass.
type Rate struct {
	report *Report

	mu     sync.Mutex
	bucket Bucket // guarded by mu
}

// NewRate returns a rate of things per second, of which two seconds' worth, at
// least one, may pass at once. Drops go to the report, which may be nil.
func NewRate(perSecond float64, report *Report) *Rate {
	return &Rate{bucket: NewBucket(perSecond, burstOf(perSecond), time.Now()), report: report}
}

func burstOf(perSecond float64) float64 { return max(1, burstSeconds*perSecond) }

// Set changes the rate.
func (r *Rate) Set(perSecond float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bucket.Set(perSecond, burstOf(perSecond), time.Now())
}

// Take lets one thing pass and returns 0, or returns how long it is until one
// may. Whoever is told can come again, so it is not counted as dropped.
func (r *Rate) Take() time.Duration {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.bucket.Take(1, now) {
		return 0
	}
	return r.bucket.Wait(1, now)
}

// Pass reports whether a thing may pass that counts as so many. One that
// counts as more than may ever pass at once needs all of it.
func (r *Rate) Pass(count float64) bool {
	if r == nil {
		return true
	}
	r.mu.Lock()
	passes := r.bucket.Take(min(count, r.bucket.burst), time.Now())
	r.mu.Unlock()
	if !passes {
		r.report.Dropped()
	}
	return passes
}
