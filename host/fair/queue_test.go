// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/host/limit"
)

// TestQueueOrder says who is served in which order, from steps such as "a3"
// (a asks for three requests), "+500ms" (time passes) and "!" (serve who may).
func TestQueueOrder(t *testing.T) {
	for _, c := range []struct {
		reason string
		steps  string
		want   string
	}{
		{"alone, all but the reserve of the burst may go at once", "a10 !", "aaaaaa"},
		{"and then the rate", "a10 ! +100ms ! +50ms ! +50ms !", "aaaaaa a . a"},
		{"two who flood are served by turns", "a10 b10 ! +300ms ! +300ms !", "ababab aba bab"},
		{"who asks for more at once gets no more", "a9 b2 ! +300ms !", "ababaa aaa"},
		{"a flood leaves the reserve to a neighbour", "a100 ! b2 ! +100ms !", "aaaaaa bb ."},
		{"which fills up again before the flood goes on", "a100 ! b2 ! +200ms ! +100ms !", "aaaaaa bb . a"},
		{"a neighbour that floods as well has the reserve once", "a100 ! b9 ! +300ms ! +200ms !", "aaaaaa bb b ab"},
		{"and three share like two", "a100 ! b100 c100 ! +600ms !", "aaaaaa bc bcbc"},
		{"who is slower than its share never waits", "a100 ! b1 ! +200ms ! b1 ! +200ms ! b1 ! +200ms ! b1 !", "aaaaaa b a b a b a b"},
		{"who was idle does not get all that it missed", "a100 ! +600ms ! +600ms ! b100 ! +1s !", "aaaaaa aaaaaa aaaaaa bb bababa"},
		{"a full bucket has no more than fits", "a6 ! +1h a10 !", "aaaaaa aaaaaa"},
		{"a limit of its own holds the one back, not the other", "l100 a100 ! +1s ! +1s !", "lalaaa laaaaa laaaaa"},
		{"while it is held back it does not hold back others", "l3 ! a2 ! +100ms ! a2 ! +900ms !", "ll aa . aa l"},
	} {
		if got := play(t, c.steps); got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.reason, c.steps, got, c.want)
		}
	}
}

// play runs the steps at 10 requests per second, 8 at once of which 2 are the
// reserve. "l" has a limit of its own: 1 per second, 2 at once.
func play(t *testing.T, steps string) string {
	t.Helper()
	now := time.Unix(1000, 0)
	q := newQueue(10, 8, now)
	requesters := map[string]*Requester{}
	names := map[*Requester]string{}
	var served []string
	for step := range strings.FieldsSeq(steps) {
		switch {
		case step == "!":
			text := ""
			for {
				r, after := q.next(now)
				if r == nil || after > 0 {
					break
				}
				q.serve(r, now)
				text += names[r]
			}
			served = append(served, text)
			if text == "" {
				served[len(served)-1] = "."
			}
		case step[0] == '+':
			d, err := time.ParseDuration(step[1:])
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(d)
		default:
			var n int
			if _, err := fmt.Sscan(step[1:], &n); err != nil {
				t.Fatal(err)
			}
			r := requesters[step[:1]]
			if r == nil {
				r = &Requester{own: unlimited(now)}
				if step[0] == 'l' {
					r.own = limit.NewBucket(1, 2, now)
				}
				requesters[step[:1]], names[r] = r, step[:1]
			}
			for range n {
				q.join(r, make(chan struct{}))
			}
		}
	}
	return strings.Join(served, " ")
}
