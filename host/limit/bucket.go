// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"math"
	"time"
)

// Bucket is a token bucket that is told the time. The zero Bucket is always
// empty. It is not safe for concurrent use.
//
// Invariant: level <= burst.
type Bucket struct {
	rate  float64 // tokens per second
	burst float64
	level float64
	last  time.Time // when level was right
}

// NewBucket returns a full bucket.
func NewBucket(perSecond, burst float64, now time.Time) Bucket {
	return Bucket{rate: perSecond, burst: burst, level: burst, last: now}
}

// Set changes rate and size and keeps what is in the bucket, as far as it fits.
func (b *Bucket) Set(perSecond, burst float64, now time.Time) {
	b.fill(now)
	b.rate, b.burst, b.level = perSecond, burst, min(b.level, burst)
}

// Rate returns the tokens per second.
func (b *Bucket) Rate() float64 { return b.rate }

// Has reports whether so many tokens are there.
func (b *Bucket) Has(tokens float64, now time.Time) bool { return b.Wait(tokens, now) == 0 }

// Take takes tokens if so many are there, and reports whether they were.
func (b *Bucket) Take(tokens float64, now time.Time) bool {
	if !b.Has(tokens, now) {
		return false
	}
	b.level -= tokens
	return true
}

// Spend takes tokens whether they are there or not: what is missing has to come
// in first before any can be taken again.
func (b *Bucket) Spend(tokens float64, now time.Time) {
	b.fill(now)
	b.level -= tokens
}

// Wait returns how long it takes until so many tokens have come in that they
// could be taken, one after the other if they are more than fit at once: 0 if
// they are there, and the longest time there is if none come in.
func (b *Bucket) Wait(tokens float64, now time.Time) time.Duration {
	b.fill(now)
	missing := tokens - b.level
	switch {
	case missing <= 0:
		return 0
	case b.rate <= 0:
		return math.MaxInt64
	}
	// Rounded up, so that the tokens are there when the time has passed.
	return time.Duration(math.Ceil(min(missing/b.rate, maxSeconds) * float64(time.Second)))
}

// maxSeconds is a wait that a time.Duration can hold.
const maxSeconds = 100 * 365 * 24 * 3600

func (b *Bucket) fill(now time.Time) {
	passed := now.Sub(b.last).Seconds()
	if passed <= 0 {
		return
	}
	b.last = now
	b.level = min(b.level+passed*b.rate, b.burst)
}
