// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// withDeadline has a deadline and a condition Progressing that was updated so
// long ago.
func withDeadline(d *Deployment, seconds int32, reason string, since time.Duration) *Deployment {
	d.Spec.ProgressDeadlineSeconds = &seconds
	d.Status.Conditions = []Condition{{Type: conditionProgressing, Status: isTrue, Reason: reason, LastUpdateTime: ago(since), LastTransitionTime: ago(since)}}
	return d
}

// counts is a status of updated, all and available pods; all available are ready.
func counts(updated, all, available int32) Status {
	return Status{ObservedGeneration: 1, UpdatedReplicas: updated, Replicas: all, ReadyReplicas: available, AvailableReplicas: available}
}

func TestProgress(t *testing.T) {
	tests := map[string]struct {
		reason        string
		before, after Status
		deadline      int32
		was           string
		since         time.Duration
		want          string
	}{
		"Complete":        {"all are updated and available", counts(2, 3, 2), counts(3, 3, 3), 60, reasonUpdated, time.Minute / 2, "True NewReplicaSetAvailable"},
		"CompleteLate":    {"also after the deadline", counts(2, 3, 2), counts(3, 3, 3), 60, reasonExceeded, time.Hour, "True NewReplicaSetAvailable"},
		"OldLeft":         {"an old pod is left", counts(3, 4, 3), counts(3, 4, 3), 60, reasonUpdated, time.Minute / 2, "True ReplicaSetUpdated"},
		"NotAvailable":    {"one is not available", counts(3, 3, 2), counts(3, 3, 2), 60, reasonCreated, time.Minute / 2, "True NewReplicaSetCreated"},
		"MoreUpdated":     {"a new pod", counts(0, 3, 3), counts(1, 3, 3), 60, reasonCreated, time.Hour, "True ReplicaSetUpdated"},
		"FewerOld":        {"an old pod has gone", counts(1, 4, 3), counts(1, 3, 3), 60, reasonCreated, time.Hour, "True ReplicaSetUpdated"},
		"MoreAvailable":   {"a pod has become available", counts(1, 3, 1), counts(1, 3, 2), 60, reasonCreated, time.Hour, "True ReplicaSetUpdated"},
		"Waiting":         {"nothing yet, and time is left", counts(1, 3, 1), counts(1, 3, 1), 60, reasonUpdated, time.Minute - time.Second, "True ReplicaSetUpdated"},
		"ToTheSecond":     {"the deadline is not over at its second", counts(1, 3, 1), counts(1, 3, 1), 60, reasonUpdated, time.Minute, "True ReplicaSetUpdated"},
		"Exceeded":        {"nothing, and the time is over", counts(1, 3, 1), counts(1, 3, 1), 60, reasonUpdated, time.Minute + time.Second, "False ProgressDeadlineExceeded"},
		"StaysExceeded":   {"a longer deadline does not bring it back", counts(1, 3, 1), counts(1, 3, 1), 6000, reasonExceeded, time.Second, "False ProgressDeadlineExceeded"},
		"Mended":          {"progress does", counts(1, 3, 1), counts(2, 3, 1), 60, reasonExceeded, time.Hour, "True ReplicaSetUpdated"},
		"ResumedLate":     {"the time counts from when it was resumed", counts(1, 3, 1), counts(1, 3, 1), 60, reasonResumed, time.Second, "True DeploymentResumed"},
		"PodsFail":        {"after it was complete, pods that fail are no rollout", counts(3, 3, 3), counts(3, 3, 1), 60, reasonComplete, time.Hour, "True NewReplicaSetAvailable"},
		"Scaled":          {"nor are more of them", counts(3, 3, 3), counts(4, 4, 3), 60, reasonComplete, time.Hour, "True NewReplicaSetAvailable"},
		"NextHasBegun":    {"old pods of the next rollout are not late at once", counts(3, 3, 3), counts(0, 3, 3), 60, reasonComplete, time.Hour, "True NewReplicaSetAvailable"},
		"NextMoves":       {"and its first pod is progress", counts(0, 3, 3), counts(1, 4, 3), 60, reasonComplete, time.Hour, "True ReplicaSetUpdated"},
		"NoDeadline":      {"without a deadline there is no condition", counts(1, 3, 1), counts(2, 3, 1), math.MaxInt32, reasonUpdated, time.Second, ""},
		"GenerationAhead": {"what is not observed is not complete", counts(3, 3, 3), Status{UpdatedReplicas: 3, Replicas: 3, ReadyReplicas: 3, AvailableReplicas: 3}, 60, reasonUpdated, time.Second, "True ReplicaSetUpdated"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := withDeadline(deployment(3, 1, 0), tt.deadline, tt.was, tt.since)
			if tt.was == reasonExceeded {
				d.Status.Conditions[0].Status = isFalse
			}
			before := tt.before
			before.Conditions = d.Status.Conditions
			d.Status = before
			tt.after.Conditions = before.Conditions
			got := ""
			if c := progress(d, family{current: sized("z", 3)}, &tt.after, now).get(conditionProgressing); c != nil {
				got = c.Status + " " + c.Reason
			}
			if got != tt.want {
				t.Errorf("%s: progress from %+v to %+v = %q, want %q", tt.reason, tt.before.counts(), tt.after.counts(), got, tt.want)
			}
		})
	}
}

// TestProgressTimes tells the time of the last progress from the time since
// when the condition has its value.
func TestProgressTimes(t *testing.T) {
	d := withDeadline(deployment(3, 1, 0), 60, reasonUpdated, time.Minute/2)
	conditions, before := d.Status.Conditions, counts(1, 3, 1)
	d.Status, d.Status.Conditions = before, conditions
	after := counts(2, 3, 1)
	after.Conditions = conditions
	want := Condition{
		Type: conditionProgressing, Status: isTrue, Reason: reasonUpdated, Message: `ReplicaSet "z" is progressing.`,
		LastUpdateTime: sdk.NewTime(now), LastTransitionTime: ago(time.Minute / 2),
	}
	if diff := cmp.Diff(want, *progress(d, family{current: sized("z", 3)}, &after, now).get(conditionProgressing)); diff != "" {
		t.Errorf("condition after progress (-want +got):\n%s", diff)
	}
	if got := progress(d, family{}, &after, now).get(conditionProgressing).Message; got != `Deployment "web" is progressing.` {
		t.Errorf("message without a current ReplicaSet: got %s", got)
	}
}

func TestPausing(t *testing.T) {
	tests := map[string]struct {
		reason   string
		was      string
		paused   bool
		deadline int32
		want     string
	}{
		"Pause":         {"the progress is unknown", reasonUpdated, true, 60, reasonPaused},
		"Paused":        {"and stays that", reasonPaused, true, 60, reasonPaused},
		"Resume":        {"until it goes on", reasonPaused, false, 60, reasonResumed},
		"Running":       {"nothing is paused", reasonUpdated, false, 60, reasonUpdated},
		"Exceeded":      {"what was late stays late", reasonExceeded, true, 60, reasonExceeded},
		"PauseNoLimit":  {"without a deadline nothing is said", reasonUpdated, true, math.MaxInt32, reasonUpdated},
		"ResumeNoLimit": {"nor then", reasonPaused, false, math.MaxInt32, reasonPaused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := withDeadline(deployment(3, 1, 0), tt.deadline, tt.was, time.Minute)
			d.Spec.Paused = tt.paused
			if got := pausing(d, now).get(conditionProgressing).Reason; got != tt.want {
				t.Errorf("%s: pausing = %s, want %s", tt.reason, got, tt.want)
			}
		})
	}
}

func TestNextCheck(t *testing.T) {
	tests := map[string]struct {
		reason string
		d      *Deployment
		status Status
		want   time.Duration
	}{
		"Waiting":    {"when the deadline is over, and a second", withDeadline(deployment(3, 1, 0), 60, reasonUpdated, 20*time.Second), counts(1, 3, 1), 41 * time.Second},
		"Late":       {"a second, if it is over already", withDeadline(deployment(3, 1, 0), 60, reasonUpdated, time.Hour), counts(1, 3, 1), time.Second},
		"Exceeded":   {"never, if that was said", withDeadline(deployment(3, 1, 0), 60, reasonExceeded, time.Hour), counts(1, 3, 1), 0},
		"Complete":   {"never, if nothing goes on", withDeadline(deployment(3, 1, 0), 60, reasonUpdated, time.Hour), counts(3, 3, 3), 0},
		"PodsFail":   {"never, if only pods fail", withDeadline(deployment(3, 1, 0), 60, reasonComplete, time.Hour), counts(3, 3, 1), 0},
		"NoDeadline": {"never, without one", withDeadline(deployment(3, 1, 0), math.MaxInt32, reasonUpdated, 0), counts(1, 3, 1), 0},
		"Nothing":    {"never, if nothing is known", deployment(3, 1, 0), counts(1, 3, 1), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.status.Conditions = tt.d.Status.Conditions
			if got := nextCheck(tt.d, &tt.status, now); got != tt.want {
				t.Errorf("%s: nextCheck = %v, want %v", tt.reason, got, tt.want)
			}
		})
	}
}
