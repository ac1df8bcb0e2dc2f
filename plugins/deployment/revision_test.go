// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func TestAnnotationsFor(t *testing.T) {
	d := deployment(3, 1, 0)
	d.Annotations.Annotations = sdk.Labels{
		{Key: annotationRevision, Value: "9"}, {Key: annotationApplied, Value: "{}"}, {Key: annotationRollback, Value: "1"},
		{Key: annotationDesired, Value: "7"}, {Key: annotationMax, Value: "8"}, {Key: annotationHistory, Value: "1"},
		{Key: "note", Value: "hello"},
	}
	tests := map[string]struct {
		reason   string
		has      sdk.Labels
		revision int64
		want     sdk.Labels
	}{
		"New": {
			"what is the Deployment's own is not copied", nil, 3,
			sdk.Labels{{Key: "note", Value: "hello"}, {Key: annotationRevision, Value: "3"}},
		},
		"UpToDate": {
			"nothing changes", sdk.Labels{{Key: "note", Value: "hello"}, {Key: annotationRevision, Value: "3"}}, 3, nil,
		},
		"Changed": {
			"a changed value", sdk.Labels{{Key: "note", Value: "bye"}, {Key: annotationRevision, Value: "3"}}, 3,
			sdk.Labels{{Key: "note", Value: "hello"}},
		},
		"Higher": {
			"a higher revision stays: old ReplicaSets may have gone", sdk.Labels{{Key: "note", Value: "hello"}, {Key: annotationRevision, Value: "8"}}, 3, nil,
		},
		"Back": {
			"one that comes back keeps what it was", sdk.Labels{{Key: "note", Value: "hello"}, {Key: annotationRevision, Value: "1"}}, 3,
			sdk.Labels{{Key: annotationRevision, Value: "3"}, {Key: annotationHistory, Value: "1"}},
		},
		"BackAgain": {
			"and what it was before", sdk.Labels{{Key: "note", Value: "hello"}, {Key: annotationRevision, Value: "5"}, {Key: annotationHistory, Value: "1,3"}}, 7,
			sdk.Labels{{Key: annotationRevision, Value: "7"}, {Key: annotationHistory, Value: "1,3,5"}},
		},
		"Nonsense": {
			"a revision that is no number is left alone", sdk.Labels{{Key: "note", Value: "hello"}, {Key: annotationRevision, Value: "x"}}, 3, nil,
		},
		"Large": {
			"revisions have 64 bits", sdk.Labels{{Key: "note", Value: "hello"}}, 3546343826724305833,
			sdk.Labels{{Key: annotationRevision, Value: "3546343826724305833"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rs := sized("z", 1)
			rs.Annotations.Annotations = tt.has
			if diff := cmp.Diff(tt.want, annotationsFor(d, rs, tt.revision), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

func TestHistory(t *testing.T) {
	full := strings.Repeat("100,", 499) + "100" // 1999 bytes
	if got, want := history(full, "7777"), full[4:]+",7777"; got != want {
		t.Errorf("history of %d bytes and another revision: got %d bytes that end in %s, want the oldest gone", len(full), len(got), got[len(got)-9:])
	}
	if got := history(strings.Repeat("9", maxHistory), "1"); got != "1" {
		t.Errorf("history behind one that is too long by itself: got %d bytes, want the new one", len(got))
	}
}

func TestRevisions(t *testing.T) {
	tests := map[string]struct {
		sets      []*ReplicaSet
		max, last int64
	}{
		"None":     {nil, 0, 0},
		"One":      {[]*ReplicaSet{sized("a", 0, revised(3))}, 3, 0},
		"Two":      {[]*ReplicaSet{sized("a", 0, revised(3)), sized("b", 0, revised(7))}, 7, 3},
		"Falling":  {[]*ReplicaSet{sized("a", 0, revised(7)), sized("b", 0, revised(3)), sized("c", 0, revised(5))}, 7, 5},
		"Nonsense": {[]*ReplicaSet{sized("a", 0, annotated(annotationRevision, "x")), sized("b", 0, revised(3))}, 3, 0},
		"Without":  {[]*ReplicaSet{sized("a", 0), sized("b", 0, revised(3))}, 3, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := maxRevision(tt.sets); got != tt.max {
				t.Errorf("maxRevision = %d, want %d", got, tt.max)
			}
			if got := lastRevision(tt.sets); got != tt.last {
				t.Errorf("lastRevision = %d, want %d", got, tt.last)
			}
		})
	}
}

func TestSurplusHistory(t *testing.T) {
	old := func(edit ...func(*ReplicaSet)) []*ReplicaSet { // oldest has the highest revision
		return []*ReplicaSet{sized("a", 0, append(edit, revised(3))...), sized("b", 0, revised(2)), sized("c", 0, revised(1))}
	}
	tests := map[string]struct {
		reason string
		limit  *int32
		old    []*ReplicaSet
		want   []string
	}{
		"Within":      {"as many as may be", sdk.Ptr[int32](3), old(), nil},
		"Lowest":      {"the lowest revision goes, not the oldest", sdk.Ptr[int32](2), old(), []string{"c"}},
		"Order":       {"lowest first", sdk.Ptr[int32](1), old(), []string{"c", "b"}},
		"All":         {"none is kept", sdk.Ptr[int32](0), old(), []string{"c", "b", "a"}},
		"NoLimit":     {"all are kept", nil, old(), nil},
		"Going":       {"one that is being deleted does not count", sdk.Ptr[int32](2), old(func(rs *ReplicaSet) { rs.DeletionTimestamp = ago(0) }), nil},
		"ByAge":       {"of one revision the oldest goes first", sdk.Ptr[int32](1), []*ReplicaSet{sized("b", 0), sized("a", 0)}, []string{"a"}},
		"HasPods":     {"one with pods stays, and nobody goes in its place", sdk.Ptr[int32](1), []*ReplicaSet{sized("a", 0, revised(1), func(rs *ReplicaSet) { rs.Status.Replicas = 1 }), sized("b", 0, revised(2))}, nil},
		"WantsPods":   {"one that is to have pods stays", sdk.Ptr[int32](0), []*ReplicaSet{sized("a", 1)}, nil},
		"NotObserved": {"one whose last change nobody has seen stays", sdk.Ptr[int32](0), []*ReplicaSet{sized("a", 0, func(rs *ReplicaSet) { rs.Generation = 2 })}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := deployment(1, 1, 0)
			d.Spec.RevisionHistoryLimit = tt.limit
			var got []string
			for _, rs := range surplusHistory(d, tt.old) {
				got = append(got, rs.Name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s: surplusHistory = %v, want %v", tt.reason, got, tt.want)
			}
		})
	}
}
