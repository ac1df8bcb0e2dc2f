// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// sighting is what a candidate knows of the Lease: what it said when it was last
// seen to change, and when that was. The holder's time does not count, whose
// clock may be wrong: the candidate sees a renewal after it was sent, so a lease
// that is over for the candidate is over for the holder.
type sighting struct {
	self   string // the identity of this process
	record resourcelock.LeaderElectionRecord
	at     time.Time
}

// see takes note of the Lease and reports whether its holder is another one.
func (s *sighting) see(record *resourcelock.LeaderElectionRecord, now time.Time) (changed bool) {
	if equality.Semantic.DeepEqual(*record, s.record) {
		return false
	}
	changed = record.HolderIdentity != s.record.HolderIdentity
	s.record, s.at = *record, now
	return changed
}

// handover is how long a lease that was given up is left alone, so that the
// caches of the next leader have the last writes of the one before: twice as
// long as the slowest watch needed.
const handover = 100 * time.Millisecond

// left returns how long the lease must not be taken, for all that is known.
func (s *sighting) left(now time.Time) time.Duration {
	var duration time.Duration
	switch s.record.HolderIdentity {
	case s.self:
	case "":
		duration = handover
	default:
		duration = time.Duration(s.record.LeaseDurationSeconds) * time.Second
	}
	return max(0, s.at.Add(duration).Sub(now))
}
