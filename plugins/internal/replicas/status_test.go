// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func TestObserve(t *testing.T) {
	full := labeled(sdk.Labels{{Key: "app", Value: "web"}, {Key: "tier", Value: "front"}})
	refused := &manageError{reason: reasonFailedCreate, cause: errors.New("exceeded quota")}
	failure := func(since sdk.Time, message string) []Condition {
		return []Condition{{
			Type: conditionReplicaFailure, Status: "True", LastTransitionTime: since,
			Reason: reasonFailedCreate, Message: message,
		}}
	}
	tests := map[string]struct {
		reason   string
		pods     []*Pod
		minReady int32
		failure  *manageError
		old      []Condition
		want     Status
	}{
		"Empty": {
			reason: "nothing there yet, but seen",
			want:   Status{ObservedGeneration: 1},
		},
		"Counts": {
			reason: "each count is a part of the one before, labels apart",
			pods:   []*Pod{pod("a", full), pod("b"), pod("c", full, ready("False", ago(time.Hour)))},
			want:   Status{Replicas: 3, FullyLabeledReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2, ObservedGeneration: 1},
		},
		"MinReady": {
			reason: "available only after minReadySeconds of being ready, to the second",
			pods: []*Pod{
				pod("a", ready("True", ago(10*time.Second))), pod("b", ready("True", ago(9*time.Second))),
				pod("c", ready("True", sdk.Time{})),
			},
			minReady: 10,
			want:     Status{Replicas: 3, ReadyReplicas: 3, AvailableReplicas: 1, ObservedGeneration: 1},
		},
		"Refused": {
			reason:  "the first failure sets the condition",
			failure: refused,
			want:    Status{ObservedGeneration: 1, Conditions: failure(sdk.NewTime(now), "exceeded quota")},
		},
		"RefusedAgain": {
			reason:  "a failure that goes on leaves the condition as it was",
			failure: &manageError{reason: reasonFailedCreate, cause: errors.New("exceeded quota by more")},
			old:     failure(ago(time.Hour), "exceeded quota"),
			want:    Status{ObservedGeneration: 1, Conditions: failure(ago(time.Hour), "exceeded quota")},
		},
		"Mended": {
			reason: "success removes the condition, and nobody else's",
			old:    append(failure(ago(time.Hour), "exceeded quota"), Condition{Type: "Other", Status: "True"}),
			want:   Status{ObservedGeneration: 1, Conditions: []Condition{{Type: "Other", Status: "True"}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			template := &Template{}
			template.Metadata.Labels = sdk.Labels{{Key: "app", Value: "web"}, {Key: "tier", Value: "front"}}
			owner := &Owner{Metadata: &sdk.Metadata{Generation: 1}, Template: template, MinReadySeconds: tt.minReady}
			owner.Status.Conditions = tt.old
			got := observe(owner, tt.pods, tt.failure, now)
			if diff := cmp.Diff(tt.want, got.Status, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: observe(%v) (-want +got):\n%s", tt.reason, names(tt.pods), diff)
			}
			if again := observe(owner, tt.pods, tt.failure, now); !equal(&got, &again) {
				t.Errorf("equal(%+v, the same again) = false", got)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	base := Report{Status: Status{Replicas: 1, FullyLabeledReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1, ObservedGeneration: 1}}
	changes := map[string]func(*Report){
		"Replicas":     func(s *Report) { s.Replicas++ },
		"FullyLabeled": func(s *Report) { s.FullyLabeledReplicas++ },
		"Ready":        func(s *Report) { s.ReadyReplicas++ },
		"Available":    func(s *Report) { s.AvailableReplicas++ },
		"Generation":   func(s *Report) { s.ObservedGeneration++ },
		"Terminating":  func(s *Report) { s.TerminatingReplicas = new(int32) },
		"Conditions":   func(s *Report) { s.Conditions = []Condition{{Type: conditionReplicaFailure}} },
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
}

func TestNextAvailable(t *testing.T) {
	pods := []*Pod{
		pod("available", ready("True", ago(time.Minute))),
		pod("later", ready("True", ago(2*time.Second))),
		pod("next", ready("True", ago(7*time.Second))),
		pod("never", ready("False", ago(9*time.Second))),
	}
	if got, want := nextAvailable(pods, 10, now), 3*time.Second; got != want {
		t.Errorf("nextAvailable(ready for 60, 2, 7 s; minReadySeconds 10) = %v, want %v", got, want)
	}
	if got := nextAvailable(pods, 0, now); got != 0 {
		t.Errorf("nextAvailable(minReadySeconds 0) = %v, want 0: everything ready is available", got)
	}
	if got := nextAvailable(pods[:1], 10, now); got != 0 {
		t.Errorf("nextAvailable(all available) = %v, want 0", got)
	}
}
