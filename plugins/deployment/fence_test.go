// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) sdk.Time { return sdk.NewTime(now.Add(-d)) }

// rolling returns a Deployment that rolls out with these bounds.
func rolling(replicas int32, surge, unavailable sdk.IntOrString) *Deployment {
	d := &Deployment{}
	d.Name, d.Namespace, d.UID, d.Generation = "web", "default", "uid-d", 1
	d.Spec.Replicas = &replicas
	d.Spec.Strategy.Type = strategyRolling
	d.Spec.Strategy.RollingUpdate.MaxSurge, d.Spec.Strategy.RollingUpdate.MaxUnavailable = surge, unavailable
	return d
}

// deployment is [rolling] with numbers.
func deployment(replicas, surge, unavailable int32) *Deployment {
	return rolling(replicas, sdk.FromInt(int64(surge)), sdk.FromInt(int64(unavailable)))
}

// sized returns a ReplicaSet that is younger the later its name is in the
// alphabet, with all pods available, changed by edit.
func sized(name string, replicas int32, edit ...func(*ReplicaSet)) *ReplicaSet {
	rs := &ReplicaSet{}
	rs.Name, rs.Namespace, rs.UID, rs.Generation = name, "default", "uid-"+name, 1
	rs.CreationTimestamp = sdk.NewTime(now.Add(time.Duration(name[0]) * time.Minute))
	rs.Spec.Replicas = &replicas
	rs.Status = ReplicaSetStatus{Replicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas, ObservedGeneration: 1}
	for _, e := range edit {
		e(rs)
	}
	return rs
}

func availably(n int32) func(*ReplicaSet) {
	return func(rs *ReplicaSet) { rs.Status.ReadyReplicas, rs.Status.AvailableReplicas = n, n }
}

func annotated(key, value string) func(*ReplicaSet) {
	return func(rs *ReplicaSet) { rs.Annotations.Annotations = rs.Annotations.Annotations.With(key, value) }
}

// revised has the revision.
func revised(revision int) func(*ReplicaSet) {
	return annotated(annotationRevision, strconv.Itoa(revision))
}

// toldOf knows of the Deployment's size.
func toldOf(desired, most int) func(*ReplicaSet) {
	return func(rs *ReplicaSet) {
		annotated(annotationDesired, strconv.Itoa(desired))(rs)
		annotated(annotationMax, strconv.Itoa(most))(rs)
	}
}

// wantResizes expects these sizes by name.
func wantResizes(t *testing.T, reason string, want map[string]int32, got []resize) {
	t.Helper()
	sizes := map[string]int32{}
	for _, r := range got {
		sizes[r.set.Name] = r.to
	}
	if diff := cmp.Diff(want, sizes); diff != "" && len(want)+len(sizes) > 0 {
		t.Errorf("%s: resizes (-want +got):\n%s", reason, diff)
	}
}

func TestFence(t *testing.T) {
	number, percent := sdk.FromInt, sdk.FromText
	tests := map[string]struct {
		reason             string
		replicas           int32
		surge, unavailable sdk.IntOrString
		want               fence
	}{
		"Numbers":            {"taken as they are", 10, number(3), number(2), fence{3, 2}},
		"Percent":            {"surge is rounded up, unavailability down", 10, percent("25%"), percent("25%"), fence{3, 2}},
		"PercentOfOne":       {"a quarter of one is one more and none fewer", 1, percent("25%"), percent("25%"), fence{1, 0}},
		"Whole":              {"no rounding", 10, percent("100%"), percent("50%"), fence{10, 5}},
		"BothZero":           {"rounded to nothing, one may be unavailable", 1, percent("0%"), percent("1%"), fence{0, 1}},
		"BothZeroNumbers":    {"the same of numbers", 5, number(0), number(0), fence{0, 1}},
		"SurgeOnly":          {"1% is one more", 2, percent("1%"), percent("0%"), fence{1, 0}},
		"MoreThanAll":        {"no more can be unavailable than there are", 5, number(1), number(10), fence{1, 5}},
		"None":               {"of none, none can be unavailable", 0, percent("25%"), number(1), fence{0, 0}},
		"NoneAtAll":          {"of none, not even one", 0, number(0), number(0), fence{0, 0}},
		"SurgeBeyondReplica": {"surge has no limit", 2, number(7), number(0), fence{7, 0}},
		"OverHundred":        {"a percentage may be more than all", 4, percent("150%"), percent("0%"), fence{6, 0}},
		"Nonsense":           {"what is neither number nor percentage is nothing", 4, percent("some"), number(1), fence{0, 1}},
		"Absent":             {"absent is nothing", 4, sdk.IntOrString{}, sdk.IntOrString{}, fence{0, 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := rolling(tt.replicas, tt.surge, tt.unavailable)
			if got := d.fence(); got != tt.want {
				t.Errorf("%s: fence of %d with surge %v and unavailable %v = %+v, want %+v", tt.reason, tt.replicas, tt.surge, tt.unavailable, got, tt.want)
			}
			d.Spec.Strategy.Type = strategyRecreate
			if got := d.fence(); got != (fence{}) {
				t.Errorf("fence with Recreate = %+v, want none", got)
			}
		})
	}
}
