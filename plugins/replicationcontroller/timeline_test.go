// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// moment is one event of a watch, on pods or on their replication controller,
// reduced to what the promise is about. Revisions order the events of both.
type moment struct {
	revision uint64

	pod  string // uid; empty if the event is about the replication controller
	live bool   // the pod exists, is neither finished nor being deleted, and is owned

	asked    int  // spec.replicas
	reported bool // the status says that this spec is observed and has all replicas
}

// audit replays the events and returns an error if at any one more pods lived
// than the highest number asked for since the last settle: the moment when the
// controller reported that what was asked for is there, and it was. It also
// returns how often the controller settled.
func audit(events []moment) (settled int, err error) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b moment) int { return cmp.Compare(a.revision, b.revision) })
	living := map[string]bool{}
	asked, highest, reported := 0, 0, false
	for _, e := range events {
		switch {
		case e.pod == "":
			asked, reported = e.asked, e.reported
			highest = max(highest, asked)
		case e.live:
			living[e.pod] = true
		default:
			delete(living, e.pod)
		}
		if len(living) > highest {
			return settled, fmt.Errorf("at revision %d: %d pods live (%s), the highest number asked for since the last settle is %d",
				e.revision, len(living), strings.Join(slices.Sorted(maps.Keys(living)), " "), highest)
		}
		if reported && len(living) == asked {
			settled, highest, reported = settled+1, asked, false
		}
	}
	return settled, nil
}

func TestAudit(t *testing.T) {
	ask := func(revision uint64, n int) moment { return moment{revision: revision, asked: n} }
	report := func(revision uint64, n int) moment { return moment{revision: revision, asked: n, reported: true} }
	born := func(revision uint64, pod string) moment { return moment{revision: revision, pod: pod, live: true} }
	dead := func(revision uint64, pod string) moment { return moment{revision: revision, pod: pod} }
	tests := map[string]struct {
		reason  string
		events  []moment
		settled int
		want    string
	}{
		"Kept": {
			reason:  "as many as asked for",
			events:  []moment{ask(1, 2), born(2, "a"), born(3, "b"), report(4, 2)},
			settled: 1,
		},
		"OneTooMany": {
			reason: "the classic: a create that the cache did not show yet",
			events: []moment{ask(1, 1), born(2, "a"), born(3, "b")},
			want:   "at revision 3: 2 pods live (a b), the highest number asked for since the last settle is 1",
		},
		"Interleaved": {
			reason:  "two watches deliver in any order, revisions tell the truth",
			events:  []moment{born(2, "a"), born(5, "b"), ask(1, 1), report(3, 1), ask(4, 2)},
			settled: 1,
		},
		"StillMany": {
			reason: "asking for less takes the pods away a little later",
			events: []moment{ask(1, 2), born(2, "a"), born(3, "b"), ask(4, 1), dead(5, "a"), report(6, 1)},

			settled: 1,
		},
		"MoreAfterSettle": {
			reason: "after settling at one, two are too many, although two were asked for once",
			events: []moment{
				ask(1, 2), born(2, "a"), born(3, "b"), ask(4, 1), dead(5, "a"), report(6, 1), born(7, "c"),
			},
			settled: 1,
			want:    "at revision 7: 2 pods live (b c), the highest number asked for since the last settle is 1",
		},
		"Replaced": {
			reason: "the replacement may come as soon as the deletion is written down",
			events: []moment{ask(1, 1), born(2, "a"), report(3, 1), dead(4, "a"), born(5, "b")}, settled: 1,
		},
		"ReplacedTooEarly": {
			reason: "and not before",
			events: []moment{ask(1, 1), born(2, "a"), report(3, 1), born(4, "b"), dead(5, "a")}, settled: 1,
			want: "at revision 4: 2 pods live (a b), the highest number asked for since the last settle is 1",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			settled, err := audit(tt.events)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want || settled != tt.settled {
				t.Errorf("%s: audit(%+v) = %d settles, error %q, want %d, %q", tt.reason, tt.events, settled, got, tt.settled, tt.want)
			}
		})
	}
}
