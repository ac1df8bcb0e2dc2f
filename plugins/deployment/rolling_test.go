// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import "testing"

func TestCurrentSize(t *testing.T) {
	tests := map[string]struct {
		reason   string
		d        *Deployment
		old, has int32
		recreate bool
		want     int32
	}{
		"First":          {"nothing else is there", deployment(10, 3, 0), 0, 0, false, 10},
		"SurgeOnly":      {"what the surge leaves room for", deployment(10, 3, 0), 10, 0, false, 3},
		"NoRoom":         {"the surge is used up", deployment(10, 3, 0), 10, 3, false, 3},
		"TooMany":        {"there are more than there may be", deployment(10, 0, 1), 12, 0, false, 0},
		"OldShrank":      {"what the old ones gave up", deployment(10, 3, 0), 4, 3, false, 9},
		"NotMore":        {"no more than are asked for", deployment(3, 5, 0), 1, 1, false, 3},
		"Enough":         {"it has them all", deployment(3, 1, 0), 0, 3, false, 3},
		"ScaledDown":     {"fewer are asked for", deployment(2, 1, 0), 0, 5, false, 2},
		"Recreate":       {"there are no old ones any more, so all at once", deployment(4, 0, 0), 0, 0, true, 4},
		"RecreateShrink": {"fewer are asked for", deployment(1, 0, 0), 0, 4, true, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.recreate {
				tt.d.Spec.Strategy.Type = strategyRecreate
			}
			current := sized("z", tt.has)
			all := []*ReplicaSet{sized("a", tt.old), current}
			if got := currentSize(tt.d, all, current); got != tt.want {
				t.Errorf("%s: currentSize with %d old and %d of its own = %d, want %d", tt.reason, tt.old, tt.has, got, tt.want)
			}
		})
	}
}

func TestPlanRolling(t *testing.T) {
	tests := map[string]struct {
		reason string
		d      *Deployment
		family family
		want   map[string]int32
	}{
		"GrowFirst": {
			"the current one grows before an old one shrinks", deployment(10, 2, 2),
			family{current: sized("z", 0), old: []*ReplicaSet{sized("a", 10)}}, map[string]int32{"z": 2},
		},
		"ShrinkAfter": {
			"all are available: the old one gives up surge and unavailability", deployment(10, 2, 2),
			family{current: sized("z", 2), old: []*ReplicaSet{sized("a", 10)}}, map[string]int32{"a": 6},
		},
		"NewNotAvailable": {
			"pods that are not available yet do not count", deployment(10, 2, 2),
			family{current: sized("z", 2, availably(0)), old: []*ReplicaSet{sized("a", 10)}}, map[string]int32{"a": 8},
		},
		"Stuck": {
			"the old ones are as few as they may be", deployment(10, 3, 2),
			family{current: sized("z", 5, availably(0)), old: []*ReplicaSet{sized("a", 8)}}, nil,
		},
		"NoneUnavailable": {
			"without unavailability an old pod goes for each new one that is available", deployment(10, 3, 0),
			family{current: sized("z", 3, availably(1)), old: []*ReplicaSet{sized("a", 10)}}, map[string]int32{"a": 9},
		},
		"UnhealthyFirst": {
			"pods that are not available go first, of whatever age their ReplicaSet is", deployment(10, 2, 2),
			family{current: sized("z", 2, availably(0)), old: []*ReplicaSet{sized("a", 8), sized("b", 2, availably(0))}},
			map[string]int32{"b": 0},
		},
		"UnhealthyAndMore": {
			"and when they have gone, available ones that may go", deployment(10, 2, 2),
			family{current: sized("z", 2), old: []*ReplicaSet{sized("a", 8), sized("b", 2, availably(0))}},
			map[string]int32{"a": 6, "b": 0},
		},
		"UnhealthyLimited": {
			"no more unavailable ones go than may be missing", deployment(10, 0, 2),
			family{current: sized("z", 0), old: []*ReplicaSet{sized("a", 10, availably(5))}}, map[string]int32{"a": 8},
		},
		"OldestFirst": {
			"of available ones, those of the oldest ReplicaSet go first", deployment(10, 3, 0),
			family{current: sized("z", 3), old: []*ReplicaSet{sized("a", 2), sized("b", 8)}}, map[string]int32{"a": 0, "b": 7},
		},
		"Done": {
			"nothing is left to do", deployment(3, 1, 0),
			family{current: sized("z", 3), old: []*ReplicaSet{sized("a", 0)}}, nil,
		},
		"MoreAvailableThanWanted": {
			"pods that are available and on their way out do not count", deployment(10, 0, 2),
			family{current: sized("z", 2), old: []*ReplicaSet{sized("a", 8, availably(10))}}, map[string]int32{"a": 6},
		},
		"ToNothing": {
			"a Deployment of nothing ends its old pods", deployment(0, 1, 1),
			family{current: sized("z", 0), old: []*ReplicaSet{sized("a", 3)}}, map[string]int32{"a": 0},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			wantResizes(t, tt.reason, tt.want, planRolling(tt.d, tt.family))
		})
	}
}

func TestEndOld(t *testing.T) {
	f := family{current: sized("z", 2), old: []*ReplicaSet{sized("a", 0), sized("b", 3), sized("c", 1)}}
	wantResizes(t, "all old ones with pods", map[string]int32{"b": 0, "c": 0}, endOld(f))
}
