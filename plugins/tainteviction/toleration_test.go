// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package tainteviction

import (
	"math"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func forSeconds(key string, seconds int64) Toleration {
	return Toleration{Key: key, Operator: "Exists", TolerationSeconds: &seconds}
}

func TestPatience(t *testing.T) {
	taint := func(key string) Taint { return Taint{Key: key, Value: "v", Effect: "NoExecute"} }
	for _, test := range []struct {
		rule        string
		tolerations []Toleration
		taints      []Taint
		want        time.Duration
	}{
		{"no taints, no end", nil, nil, forever},
		{"nothing is tolerated", nil, []Taint{taint("a")}, 0},
		{"without seconds for ever", []Toleration{{Key: "a", Operator: "Exists"}}, []Taint{taint("a")}, forever},
		{"with seconds for that time", []Toleration{forSeconds("a", 60)}, []Taint{taint("a")}, time.Minute},
		{"zero is at once", []Toleration{forSeconds("a", 0)}, []Taint{taint("a")}, 0},
		{"less is at once", []Toleration{forSeconds("a", -5)}, []Taint{taint("a")}, 0},
		{"the largest number is no trouble", []Toleration{forSeconds("a", math.MaxInt64)}, []Taint{taint("a")}, longest * time.Second},
		{"the least of several taints", []Toleration{forSeconds("a", 60), forSeconds("b", 30)}, []Taint{taint("a"), taint("b")}, 30 * time.Second},
		{"a toleration without seconds is no limit", []Toleration{forSeconds("a", 60), {Key: "b", Operator: "Exists"}}, []Taint{taint("a"), taint("b")}, time.Minute},
		{"every taint must be tolerated", []Toleration{forSeconds("a", 60)}, []Taint{taint("a"), taint("b")}, 0},
		{"a toleration of another taint is no limit", []Toleration{{Key: "a", Operator: "Exists"}, forSeconds("b", 1)}, []Taint{taint("a")}, forever},
		{"the first one that matches counts", []Toleration{{Operator: "Exists"}, forSeconds("a", 1)}, []Taint{taint("a")}, forever},
	} {
		if got := patience(test.tolerations, test.taints); got != test.want {
			t.Errorf("%s: got %v, want %v", test.rule, got, test.want)
		}
	}
}

func TestTolerates(t *testing.T) {
	for _, test := range []struct {
		rule       string
		toleration Toleration
		taint      Taint
		want       bool
	}{
		{"Equal compares values", Toleration{Key: "k", Operator: "Equal", Value: "v"}, Taint{"k", "v", "NoExecute"}, true},
		{"Equal of another value", Toleration{Key: "k", Operator: "Equal", Value: "w"}, Taint{"k", "v", "NoExecute"}, false},
		{"no operator is Equal", Toleration{Key: "k", Value: "v"}, Taint{"k", "v", "NoExecute"}, true},
		{"Exists takes every value", Toleration{Key: "k", Operator: "Exists"}, Taint{"k", "v", "NoExecute"}, true},
		{"another key", Toleration{Key: "l", Operator: "Exists"}, Taint{"k", "v", "NoExecute"}, false},
		{"no key is every key", Toleration{Operator: "Exists"}, Taint{"k", "v", "NoExecute"}, true},
		{"another effect", Toleration{Key: "k", Operator: "Exists", Effect: "NoSchedule"}, Taint{"k", "v", "NoExecute"}, false},
		{"the same effect", Toleration{Key: "k", Operator: "Exists", Effect: "NoExecute"}, Taint{"k", "v", "NoExecute"}, true},
		{"Lt: the taint is less", Toleration{Key: "k", Operator: "Lt", Value: "10"}, Taint{"k", "9", "NoExecute"}, true},
		{"Lt: it is not", Toleration{Key: "k", Operator: "Lt", Value: "10"}, Taint{"k", "10", "NoExecute"}, false},
		{"Gt: the taint is more", Toleration{Key: "k", Operator: "Gt", Value: "-10"}, Taint{"k", "-9", "NoExecute"}, true},
		{"Gt: it is not", Toleration{Key: "k", Operator: "Gt", Value: "10"}, Taint{"k", "9", "NoExecute"}, false},
		{"numbers have one form", Toleration{Key: "k", Operator: "Gt", Value: "01"}, Taint{"k", "9", "NoExecute"}, false},
		{"an unknown operator", Toleration{Key: "k", Operator: "In", Value: "v"}, Taint{"k", "v", "NoExecute"}, false},
	} {
		if got := test.toleration.tolerates(&test.taint); got != test.want {
			t.Errorf("%s: got %t, want %t", test.rule, got, test.want)
		}
	}
}

func TestDeadline(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	const minute = time.Minute
	for _, test := range []struct {
		rule     string
		age, due time.Duration // due from now on, 0: none
		want     time.Duration
		patience time.Duration
	}{
		{"it begins now", time.Hour, 0, 5 * minute, 5 * minute},
		{"it began before", time.Hour, 2 * minute, 2 * minute, 5 * minute},
		{"it is over", time.Hour, -minute, -minute, 5 * minute},
		{"less is tolerated than before", time.Hour, 4 * minute, 3 * minute, 3 * minute},
		{"what was due was another pod of the name", minute, 2 * minute, 5 * minute, 5 * minute},
	} {
		pod := &Pod{}
		pod.Metadata.CreationTimestamp = sdk.NewTime(now.Add(-test.age))
		var due time.Time
		if test.due != 0 {
			due = now.Add(test.due)
		}
		if got := deadline(pod, test.patience, due, now).Sub(now); got != test.want {
			t.Errorf("%s: got %v from now on, want %v", test.rule, got, test.want)
		}
	}
}
