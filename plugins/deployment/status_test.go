// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func terminatingly(n int32) func(*ReplicaSet) {
	return func(rs *ReplicaSet) { rs.Status.TerminatingReplicas = &n }
}

func TestObserve(t *testing.T) {
	d := deployment(10, 2, 2)
	d.Generation, d.Status.CollisionCount = 7, sdk.Ptr[int32](3)
	f := family{
		current: sized("z", 5, availably(3), terminatingly(1)),
		old:     []*ReplicaSet{sized("a", 4, terminatingly(2)), sized("b", 2, availably(1), terminatingly(0))},
	}
	got := observe(d, f, now)
	want := Status{
		ObservedGeneration: 7, Replicas: 11, UpdatedReplicas: 5, ReadyReplicas: 8, AvailableReplicas: 8, UnavailableReplicas: 3,
		TerminatingReplicas: sdk.Ptr[int32](3), CollisionCount: sdk.Ptr[int32](3),
		Conditions: []Condition{{
			Type: conditionAvailable, Status: isTrue, Reason: reasonAvailable, Message: "Deployment has minimum availability.",
			LastUpdateTime: sdk.NewTime(now), LastTransitionTime: sdk.NewTime(now),
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("observe (-want +got):\n%s", diff)
	}
	d.Status = got
	if again := observe(d, f, now.Add(time.Hour)); !equal(&got, &again) {
		t.Errorf("observe an hour later: got %+v, want the same", again)
	}
	f.old[0].Status.AvailableReplicas--
	if c := conditions(observe(d, f, now).Conditions).get(conditionAvailable); c.Status != isFalse || c.Reason != reasonUnavailable {
		t.Errorf("condition with 7 of at least 8 available: got %+v, want it false", c)
	}
}

func TestTerminating(t *testing.T) {
	silent := func(rs *ReplicaSet) {}
	unseen := func(rs *ReplicaSet) { rs.Status = ReplicaSetStatus{} }
	tests := map[string]struct {
		reason string
		sets   []*ReplicaSet
		want   *int32
	}{
		"None":   {"no ReplicaSets, no pods", nil, sdk.Ptr[int32](0)},
		"Sum":    {"all say", []*ReplicaSet{sized("a", 1, terminatingly(2)), sized("b", 1, terminatingly(3))}, sdk.Ptr[int32](5)},
		"Silent": {"one does not say, so nobody knows", []*ReplicaSet{sized("a", 1, terminatingly(2)), sized("b", 1, silent)}, nil},
		"Unseen": {"one that is new has none", []*ReplicaSet{sized("a", 1, terminatingly(2)), sized("b", 1, unseen)}, sdk.Ptr[int32](2)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, terminating(tt.sets)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

func TestFailure(t *testing.T) {
	failing := func(message string) func(*ReplicaSet) {
		return func(rs *ReplicaSet) {
			rs.Status.Conditions = []ReplicaSetCondition{{Type: conditionReplicaFailure, Status: isTrue, Reason: "FailedCreate", Message: message, LastTransitionTime: ago(time.Hour)}}
		}
	}
	f := family{current: sized("z", 1), old: []*ReplicaSet{sized("a", 1, failing("old"))}}
	is := failure(nil, f, now)
	if got := is.get(conditionReplicaFailure); got == nil || got.Message != "old" || !got.LastUpdateTime.Equal(ago(time.Hour).Time) {
		t.Errorf("failure of an old ReplicaSet: got %+v, want it with its time", got)
	}
	failing("new")(f.current)
	if got := failure(nil, f, now).get(conditionReplicaFailure); got.Message != "new" {
		t.Errorf("failures of both: got %+v, want that of the current one", got)
	}
	f = family{current: sized("z", 1)}
	if got := failure(is, f, now); len(got) != 0 {
		t.Errorf("after it has gone: got %+v, want none", got)
	}
}

func TestConditions(t *testing.T) {
	later := now.Add(time.Minute)
	first := conditions(nil).with("A", isTrue, "R", "m", now).with("B", isTrue, "R", "m", now)
	if got := first.with("A", isTrue, "R", "other words", later); !cmp.Equal(got, first) {
		t.Errorf("the same status and reason: got %+v, want no change", got)
	}
	got := first.with("A", isTrue, "S", "m", later).get("A")
	if got.Reason != "S" || !got.LastUpdateTime.Equal(later) || !got.LastTransitionTime.Equal(now) {
		t.Errorf("another reason: got %+v, want it updated later and its transition as before", got)
	}
	if got := first.with("A", isFalse, "R", "m", later).get("A"); !got.LastTransitionTime.Equal(later) {
		t.Errorf("another status: got %+v, want a transition", got)
	}
	if got := first.without("A"); len(got) != 1 || got[0].Type != "B" || len(first) != 2 {
		t.Errorf("without A: got %+v of %+v, want B of both", got, first)
	}
}

func TestEqual(t *testing.T) {
	base := Status{Conditions: []Condition{{Type: "A", LastUpdateTime: sdk.NewTime(now)}}}
	changes := map[string]func(*Status){
		"Generation":  func(s *Status) { s.ObservedGeneration++ },
		"Replicas":    func(s *Status) { s.Replicas++ },
		"Updated":     func(s *Status) { s.UpdatedReplicas++ },
		"Ready":       func(s *Status) { s.ReadyReplicas++ },
		"Available":   func(s *Status) { s.AvailableReplicas++ },
		"Unavailable": func(s *Status) { s.UnavailableReplicas++ },
		"Terminating": func(s *Status) { s.TerminatingReplicas = new(int32) },
		"Collisions":  func(s *Status) { s.CollisionCount = new(int32) },
		"Condition":   func(s *Status) { s.Conditions = nil },
		"UpdateTime": func(s *Status) {
			s.Conditions = []Condition{{Type: "A", LastUpdateTime: sdk.NewTime(now.Add(time.Second))}}
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			changed := base
			change(&changed)
			if equal(&base, &changed) {
				t.Errorf("equal(%+v, %+v) = true, want false", base, changed)
			}
		})
	}
	half := base
	half.Conditions = []Condition{{Type: "A", LastUpdateTime: sdk.NewTime(now.Add(time.Second / 2))}}
	if !equal(&base, &half) {
		t.Error("times that are written alike: got a difference, want none")
	}
}
