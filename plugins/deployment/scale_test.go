// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import "testing"

func TestScaledSince(t *testing.T) {
	tests := map[string]struct {
		reason string
		sets   []*ReplicaSet
		want   bool
	}{
		"Same":      {"what it was told is what is asked for", []*ReplicaSet{sized("a", 3, toldOf(5, 6))}, false},
		"Other":     {"it was told another number", []*ReplicaSet{sized("a", 3, toldOf(4, 5))}, true},
		"NotTold":   {"one that was told nothing does not count", []*ReplicaSet{sized("a", 3)}, false},
		"Nonsense":  {"nor does one that was told what is no number", []*ReplicaSet{sized("a", 3, annotated(annotationDesired, "-1"))}, false},
		"NotActive": {"nor one without pods", []*ReplicaSet{sized("a", 0, toldOf(4, 5))}, false},
		"OneOfTwo":  {"one is enough", []*ReplicaSet{sized("a", 3, toldOf(5, 6)), sized("b", 1, toldOf(4, 5))}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := scaledSince(deployment(5, 1, 0), family{old: tt.sets}); got != tt.want {
				t.Errorf("%s: scaledSince = %t, want %t", tt.reason, got, tt.want)
			}
		})
	}
}

func TestPlanScale(t *testing.T) {
	tests := map[string]struct {
		reason string
		d      *Deployment
		family family
		want   map[string]int32
	}{
		"Sole":          {"one active ReplicaSet takes it all", deployment(12, 0, 1), family{current: sized("z", 10, toldOf(10, 10))}, map[string]int32{"z": 12}},
		"SoleDown":      {"and gives it all", deployment(5, 0, 1), family{current: sized("z", 10, toldOf(10, 10))}, map[string]int32{"z": 5}},
		"SoleOld":       {"also an old one", deployment(12, 0, 1), family{current: sized("z", 0), old: []*ReplicaSet{sized("a", 10, toldOf(10, 10))}}, map[string]int32{"a": 12}},
		"SoleWithout":   {"also without a current one", deployment(12, 0, 1), family{old: []*ReplicaSet{sized("a", 10, toldOf(10, 10))}}, map[string]int32{"a": 12}},
		"NoneActive":    {"the current one, if none has pods", deployment(5, 0, 1), family{current: sized("y", 0), old: []*ReplicaSet{sized("a", 0), sized("z", 0)}}, map[string]int32{"y": 5}},
		"NoneAtAll":     {"the newest, if there is no current one", deployment(5, 0, 1), family{old: []*ReplicaSet{sized("a", 0), sized("b", 0)}}, map[string]int32{"b": 5}},
		"Nobody":        {"there is no ReplicaSet", deployment(5, 0, 1), family{}, nil},
		"OnlyTell":      {"it has the size, and does not know", deployment(5, 0, 1), family{current: sized("z", 5, toldOf(3, 3))}, map[string]int32{"z": 5}},
		"Knows":         {"it has the size, and knows", deployment(5, 0, 1), family{current: sized("z", 5, toldOf(5, 5))}, nil},
		"TwoEqualUp":    {"both grow by half", deployment(30, 0, 1), family{current: sized("z", 10, toldOf(20, 20)), old: []*ReplicaSet{sized("a", 10, toldOf(20, 20))}}, map[string]int32{"z": 15, "a": 15}},
		"UnequalUp":     {"by proportion", deployment(20, 0, 1), family{current: sized("z", 8, toldOf(10, 10), availably(0)), old: []*ReplicaSet{sized("a", 2, toldOf(10, 10))}}, map[string]int32{"z": 16, "a": 4}},
		"UnequalDown":   {"by proportion", deployment(5, 0, 1), family{current: sized("z", 8, toldOf(10, 10), availably(0)), old: []*ReplicaSet{sized("a", 2, toldOf(10, 10))}}, map[string]int32{"z": 4, "a": 1}},
		"LeftoverUp":    {"what rounding leaves goes to the largest, of equals to the newest", deployment(11, 0, 1), family{current: sized("z", 5, toldOf(10, 10), availably(0)), old: []*ReplicaSet{sized("a", 5, toldOf(10, 10))}}, map[string]int32{"z": 6, "a": 5}},
		"LeftoverDown":  {"the largest gives what rounding leaves, of equals the oldest", deployment(9, 0, 1), family{current: sized("z", 5, toldOf(10, 10), availably(0)), old: []*ReplicaSet{sized("a", 5, toldOf(10, 10))}}, map[string]int32{"z": 5, "a": 4}},
		"ThreeWays":     {"as in upstream's documentation", deployment(15, 3, 2), family{current: sized("z", 5, toldOf(10, 13), availably(0)), old: []*ReplicaSet{sized("a", 8, toldOf(10, 13))}}, map[string]int32{"a": 11, "z": 7}},
		"ToNothing":     {"nothing is left of any", deployment(0, 3, 2), family{current: sized("z", 5, toldOf(10, 13), availably(0)), old: []*ReplicaSet{sized("a", 8, toldOf(10, 13))}}, map[string]int32{"a": 0, "z": 0}},
		"Saturated":     {"the current one has all: the old ones end", deployment(10, 3, 2), family{current: sized("z", 10, toldOf(10, 13)), old: []*ReplicaSet{sized("a", 8, toldOf(10, 13))}}, map[string]int32{"a": 0}},
		"NotAvailable":  {"but only if they are available", deployment(10, 3, 2), family{current: sized("z", 10, toldOf(10, 13), availably(9)), old: []*ReplicaSet{sized("a", 3, toldOf(10, 13))}}, nil},
		"SurgeChanged":  {"another surge without a change of size", deployment(20, 6, 0), family{current: sized("z", 10, toldOf(20, 22), availably(0)), old: []*ReplicaSet{sized("a", 12, toldOf(20, 22))}}, map[string]int32{"a": 14, "z": 12}},
		"Tampered":      {"without the annotation the present number of pods is the base", withReplicas(deployment(20, 0, 1), 10), family{current: sized("z", 5, availably(0)), old: []*ReplicaSet{sized("a", 5)}}, map[string]int32{"z": 10, "a": 10}},
		"TamperedEmpty": {"and without pods the largest takes it all", deployment(20, 0, 1), family{current: sized("z", 4, availably(0)), old: []*ReplicaSet{sized("a", 6)}}, map[string]int32{"z": 4, "a": 16}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			wantResizes(t, tt.reason, tt.want, planScale(tt.d, tt.family))
		})
	}
}

func withReplicas(d *Deployment, n int32) *Deployment {
	d.Status.Replicas = n
	return d
}

func TestPlanScaleOfRecreate(t *testing.T) {
	d := deployment(20, 0, 0)
	d.Spec.Strategy.Type = strategyRecreate
	f := family{current: sized("z", 4, availably(0)), old: []*ReplicaSet{sized("a", 6)}}
	wantResizes(t, "old and new pods beside each other are none of its business", nil, planScale(d, f))
}
