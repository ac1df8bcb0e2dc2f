// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"testing"
	"time"
)

// TestPace plays ten seconds of events on a connection and looks at the last
// five: how long an event waits to be read, and how many reads there are.
func TestPace(t *testing.T) {
	steady := func(perSecond int) traffic { return traffic{every: time.Second / time.Duration(perSecond)} }
	for _, c := range []struct {
		name     string
		traffic  traffic
		wait     time.Duration // of an event of the half that waits less, at most
		most     time.Duration // of any event
		reads    int           // per second, at most
		atLeast  int           // reads per second
		answered int           // answers per second, at least
	}{
		{name: "few events do not wait", traffic: steady(50), reads: 50, atLeast: 49},
		{name: "nor those of which one would come in a lull", traffic: steady(125), reads: 125, atLeast: 124},
		{name: "many events are read together", traffic: steady(300), wait: 25 * time.Millisecond, most: longestLull, reads: 21},
		{name: "very many as well", traffic: steady(5000), wait: 25 * time.Millisecond, most: longestLull, reads: 21},
		{
			name:    "what is an answer to what we do hardly waits",
			traffic: traffic{answer: 2 * time.Millisecond}, most: firstLull, reads: 500, answered: 480,
		},
		{
			name:    "nor if it takes a little longer",
			traffic: traffic{answer: 4 * time.Millisecond}, most: firstLull, reads: 250, answered: 245,
		},
		{
			name:    "nor if there is a slower one",
			traffic: traffic{answer: 8 * time.Millisecond}, reads: 125, answered: 124,
		},
		{
			name:    "nor if our own write comes back as well",
			traffic: traffic{answer: 9 * time.Millisecond, echo: true}, reads: 222, answered: 111,
		},
		{
			name:    "nor if something else comes now and then",
			traffic: traffic{every: 50 * time.Millisecond, answer: 4 * time.Millisecond}, most: longestLull, reads: 270, answered: 230,
		},
		{name: "when many have become few they do not wait", traffic: traffic{every: 3 * time.Millisecond, then: 40 * time.Millisecond}, reads: 25, atLeast: 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			waits, reads, answers := c.traffic.play()
			slices.Sort(waits)
			if got := waits[len(waits)/2]; got > c.wait {
				t.Errorf("half of the events wait for %s or more, want at most %s", got, c.wait)
			}
			if got := waits[len(waits)-1]; got > c.most {
				t.Errorf("an event waits for %s, want at most %s", got, c.most)
			}
			if got := reads / playedSeconds; got > c.reads || got < c.atLeast {
				t.Errorf("got %d reads per second, want %d to %d", got, c.atLeast, c.reads)
			}
			if got := answers / playedSeconds; got < c.answered {
				t.Errorf("got %d answers per second, want at least %d", got, c.answered)
			}
		})
	}
}

// TestPaceOfALongList says that a list of which megabytes come in a lull ends them.
func TestPaceOfALongList(t *testing.T) {
	now := time.Now()
	p := pace{lull: longestLull, since: now, rate: 1}
	if got := p.emptied(now.Add(longestLull), flood+1); got != 0 {
		t.Errorf("got a lull of %s, want none", got)
	}
}

// traffic is what comes on a connection: an event of a hundred bytes at a steady
// rate, and one that answers what we do when we have read the last such.
type traffic struct {
	every  time.Duration // 0: none
	then   time.Duration // every in the second half; 0: as before
	answer time.Duration // how long it takes; 0: none
	echo   bool          // halfway to the next answer comes what we do
}

const playedSeconds = 5

// play returns what came in the second five of ten seconds: how long each event
// waited to be read, and the numbers of reads and of answers.
func (tr traffic) play() (waits []time.Duration, reads, answers int) {
	const half = playedSeconds * time.Second
	var p pace
	start := time.Now()
	const never = 2 * half
	steady, answered, echoed := tr.every, tr.answer, never // when they come next, after the start
	for now := time.Duration(0); now < 2*half; {
		came := []time.Duration{}
		for ; tr.every > 0 && steady <= now; steady += tr.every {
			came = append(came, now-steady)
			if tr.then > 0 && steady >= half {
				tr.every = tr.then
			}
		}
		if tr.answer > 0 && answered <= now {
			came = append(came, now-answered)
			answered = now + tr.answer
			if tr.echo {
				echoed = now + tr.answer/2
			}
			if now >= half {
				answers++
			}
		}
		if echoed <= now {
			came = append(came, now-echoed)
			echoed = never
		}
		if len(came) > 0 {
			if now >= half+time.Second/2 || tr.then == 0 && now >= half {
				waits = append(waits, came...)
			}
			if now >= half {
				reads++
			}
			now += p.emptied(start.Add(now), 100*len(came))
		}
		now = max(now, min(echoed, tr.next(steady, answered)))
	}
	return waits, reads, answers
}

// next returns when something comes next.
func (tr traffic) next(steady, answered time.Duration) time.Duration {
	switch {
	case tr.every == 0:
		return answered
	case tr.answer == 0:
		return steady
	}
	return min(steady, answered)
}
