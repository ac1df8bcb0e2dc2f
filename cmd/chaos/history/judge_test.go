// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package history_test

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/cmd/chaos/history"
)

// entries puts what happened at the revisions 1, 2, 3 and so on together.
func entries(all ...history.Entry) []history.Entry {
	for i := range all {
		all[i].Revision = int64(i + 1)
	}
	return all
}

func entry(kind history.Kind, objects ...history.Object) history.Entry {
	return history.Entry{Kind: kind, Objects: objects}
}

func gone(e history.Entry) history.Entry {
	e.Gone = true
	return e
}

// listed says that everything of the kind was listed after a gap.
func listed(since int64, e history.Entry) history.Entry {
	e.All, e.Since = true, since
	return e
}

func pod(name string) history.Object {
	return history.Object{Key: "n/" + name, UID: types.UID(name), Owner: "set", Weight: 1}
}

func ending(name string) history.Object {
	o := pod(name)
	o.Weight = 0
	return o
}

func orphan(name string) history.Object {
	o := pod(name)
	o.Owner = ""
	return o
}

// set is a version of a ReplicaSet without a Deployment.
func set(limit int, generation, observed int64) history.Object {
	return history.Object{Key: "n/set", UID: "set", Limit: limit, Generation: generation, Observed: observed}
}

// of is a ReplicaSet of a Deployment.
func of(name, template string, replicas int) history.Object {
	return history.Object{
		Key: "n/" + name, UID: types.UID(name), Owner: "deployment",
		Weight: replicas, Limit: replicas, Template: template, Generation: 1,
	}
}

func deployment(limit int) history.Object {
	return history.Object{Key: "n/deployment", UID: "deployment", Limit: limit, Generation: 1}
}

const (
	p = history.Pod
	s = history.ReplicaSet
	d = history.Deployment
)

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name, reason    string
		entries         []history.Entry
		judged, unknown int
		wrong           []string
	}{
		{
			name: "as many as wanted", reason: "two are allowed",
			entries: entries(entry(s, set(2, 1, 0)), entry(p, pod("a")), entry(p, pod("b"))),
			judged:  2,
		},
		{
			name: "one too many", reason: "two are allowed, and three live",
			entries: entries(entry(s, set(2, 1, 0)), entry(p, pod("a")), entry(p, pod("b")), entry(p, pod("c"))),
			judged:  3, wrong: []string{"revision 4: with Pod n/c, ReplicaSet n/set has 3 where it may have 2"},
		},
		{
			name: "replaced", reason: "one that is being deleted, or was removed, does not weigh",
			entries: entries(entry(s, set(1, 1, 0)), entry(p, pod("a")), entry(p, ending("a")), entry(p, pod("b")),
				gone(entry(p, pod("b"))), entry(p, pod("c"))),
			judged: 3,
		},
		{
			name: "replaced too early", reason: "the deletion comes after the creation",
			entries: entries(entry(s, set(1, 1, 0)), entry(p, pod("a")), entry(p, pod("b")), entry(p, ending("a"))),
			judged:  2, wrong: []string{"revision 3: with Pod n/b, ReplicaSet n/set has 2 where it may have 1"},
		},
		{
			name: "scaled down unseen", reason: "the controller may not have seen the second generation",
			entries: entries(entry(s, set(2, 1, 1)), entry(s, set(1, 2, 1)), entry(p, pod("a")), entry(p, pod("b"))),
			judged:  2,
		},
		{
			name: "scaled down and seen", reason: "what was reported as observed is not forgotten",
			entries: entries(entry(s, set(2, 1, 1)), entry(s, set(1, 2, 2)), entry(p, pod("a")), entry(p, pod("b"))),
			judged:  2, wrong: []string{"revision 4: with Pod n/b, ReplicaSet n/set has 2 where it may have 1"},
		},
		{
			name: "scaled down to nothing", reason: "none is allowed",
			entries: entries(entry(s, set(1, 1, 1)), entry(s, set(0, 2, 2)), entry(p, pod("a"))),
			judged:  1, wrong: []string{"revision 3: with Pod n/a, ReplicaSet n/set has 1 where it may have 0"},
		},
		{
			name: "adopted", reason: "adoption is no growth",
			entries: entries(entry(s, set(1, 1, 0)), entry(p, pod("a")), entry(p, orphan("b")), entry(p, pod("b"))),
			judged:  1,
		},
		{
			name: "created beside an adopted one", reason: "what was adopted weighs",
			entries: entries(entry(s, set(1, 1, 0)), entry(p, orphan("a")), entry(p, pod("a")), entry(p, pod("b"))),
			judged:  1, wrong: []string{"revision 4: with Pod n/b, ReplicaSet n/set has 2 where it may have 1"},
		},
		{
			name: "released", reason: "one without a controller weighs on nobody",
			entries: entries(entry(s, set(1, 1, 0)), entry(p, pod("a")), entry(p, orphan("a")), entry(p, pod("b"))),
			judged:  2,
		},
		{
			name: "changed only", reason: "a pod that was counted does not grow by another change",
			entries: entries(entry(s, set(2, 1, 0)), entry(p, pod("a")), entry(p, pod("b")), entry(s, set(1, 2, 2)), entry(p, pod("a"))),
			judged:  2,
		},
		{
			name: "replaced in a gap", reason: "the order within a gap is not known",
			entries: entries(entry(s, set(1, 1, 0)), entry(p, pod("a")), listed(2, entry(p, pod("b")))),
			judged:  2,
		},
		{
			name: "one too many in a gap", reason: "both live after it",
			entries: entries(entry(s, set(1, 1, 0)), entry(p, pod("a")), listed(2, entry(p, pod("a"), pod("b")))),
			judged:  2, wrong: []string{"revision 3: with Pod n/b, ReplicaSet n/set has 2 where it may have 1"},
		},
		{
			name: "scaled down in a gap", reason: "the pods may be older than the observation",
			entries: entries(entry(s, set(2, 1, 1)), entry(s, set(1, 2, 2)), listed(1, entry(p, pod("a"), pod("b")))),
			judged:  2,
		},
		{
			name: "generations missing", reason: "the second may have allowed more",
			entries: entries(entry(s, set(1, 1, 1)), listed(1, entry(s, set(1, 3, 1))), entry(p, pod("a")), entry(p, pod("b"))),
			unknown: 2,
		},
		{
			name: "controller not seen", reason: "nothing can be said",
			entries: entries(entry(p, pod("a"))),
			unknown: 1,
		},
		{
			name: "rollout", reason: "the old one shrinks before the new one grows",
			entries: entries(entry(d, deployment(3)), entry(s, of("old", "x", 2)), entry(s, of("new", "y", 1)),
				entry(s, of("old", "x", 1)), entry(s, of("new", "y", 2))),
			judged: 3,
		},
		{
			name: "rollout beyond the surge", reason: "the new one grows before the old one shrinks",
			entries: entries(entry(d, deployment(3)), entry(s, of("old", "x", 2)), entry(s, of("new", "y", 1)), entry(s, of("new", "y", 2))),
			judged:  3, wrong: []string{"revision 4: with ReplicaSet n/new, Deployment n/deployment has 4 where it may have 3"},
		},
		{
			name: "twins", reason: "one template has one ReplicaSet",
			entries: entries(entry(d, deployment(3)), entry(s, of("one", "x", 1)), entry(s, of("two", "x", 0))),
			judged:  1, wrong: []string{"revision 3: ReplicaSet n/two was created beside n/one, which has its template"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			slices.Reverse(test.entries) // the streams of several kinds have no common order
			got := history.Judge(test.entries)
			if got.Judged != test.judged || got.Unknown != test.unknown {
				t.Errorf("%s: judged %d and did not know %d, want %d and %d", test.reason, got.Judged, got.Unknown, test.judged, test.unknown)
			}
			if !slices.Equal(got.Wrong, test.wrong) {
				t.Errorf("%s: got\n%s\nwant\n%s", test.reason, strings.Join(got.Wrong, "\n"), strings.Join(test.wrong, "\n"))
			}
		})
	}
}
