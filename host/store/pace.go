// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "time"

// pace decides how long the connection of the watches is left alone after it was
// read empty, so that events which come one shortly after the other are read
// together. An event that comes alone does not wait, and none does that somebody
// sends in answer to what we do: if less comes while we do not look, or what would
// have been few reads, there are no more lulls for a while. As long as it comes
// as fast as before, each lull is twice as long as the one before. One alone says
// little: API servers stumble.
//
// It is told the time and runs nothing. The zero pace is that of a new connection.
type pace struct {
	lull    time.Duration // the last one; 0: there is none
	since   time.Time     // when the stretch began that is looked at
	reads   int           // in this stretch
	bytes   int           // in this stretch
	rate    float64       // bytes per second before there were lulls
	inLulls float64       // the same in lulls, the last of which count most
	aRead   float64       // bytes, before there were lulls
	until   time.Time     // there is none before
	pause   time.Duration // for which there was none the last time
}

const (
	firstLull   = 10 * time.Millisecond
	longestLull = 50 * time.Millisecond
	// stretch is over how long reads are counted while there are no lulls.
	stretch = 20 * time.Millisecond
	// worth is how many reads a lull must make one of. Two come at each turn with
	// somebody who answers: the answer, and what we had written.
	worth = 3
	// slower is how much less comes in lulls than before them if that is no
	// accident, and latest how much the last of them counts.
	slower = 1. / 3
	latest = 1. / 2
	// flood is how many bytes come in a lull of a list, or of more events than are
	// gained by waiting.
	flood = 1 << 20
	// There are no lulls for so long when something waited for us, longer each time.
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
)

// emptied is told that so many bytes have been read and that there are no more,
// and returns how long not to look.
func (p *pace) emptied(now time.Time, bytes int) time.Duration {
	p.reads++
	p.bytes += bytes
	took := now.Sub(p.since)
	if p.lull == 0 && took < stretch {
		return 0
	}
	rate := float64(p.bytes) / took.Seconds()
	if p.lull == 0 {
		if time.Duration(p.reads)*firstLull >= worth*took && !now.Before(p.until) {
			p.lull, p.rate, p.inLulls = firstLull, rate, rate
			p.aRead = float64(p.bytes) / float64(p.reads)
		}
	} else {
		p.inLulls += latest * (rate - p.inLulls)
		p.adjust(now, rate)
	}
	p.since, p.reads, p.bytes = now, 0, 0
	return p.lull
}

// adjust makes the lull longer or ends it, from the rate in the last one and in
// those before.
func (p *pace) adjust(now time.Time, rate float64) {
	enough := worth * p.aRead
	switch {
	case p.bytes > flood:
		p.lull = 0
	case p.inLulls < slower*p.rate, p.inLulls*p.lull.Seconds() < enough:
		p.pause = min(max(2*p.pause, firstPause), longestPause)
		p.lull, p.until = 0, now.Add(p.pause)
	case rate >= slower*p.rate && float64(p.bytes) >= enough:
		if p.lull == longestLull {
			p.pause = 0
		}
		p.lull = min(2*p.lull, longestLull)
	}
}
