// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package tainteviction

import (
	"strconv"
	"time"
)

// longest is the longest time that is waited for, so that times do not overflow.
const longest = 1 << 32 // seconds, 136 years

// forever is how long a pod stays that tolerates everything.
const forever = time.Duration(-1)

// patience returns how long a pod tolerates all of the taints: forever, or not
// at all. The first toleration that matches a taint counts for it, and the
// least of those.
func patience(tolerations []Toleration, taints []Taint) time.Duration {
	least := forever
	for i := range taints {
		seconds, tolerated := match(tolerations, &taints[i])
		switch {
		case !tolerated:
			return 0
		case seconds == nil:
			continue
		}
		d := time.Duration(min(max(*seconds, 0), longest)) * time.Second
		if least == forever || d < least {
			least = d
		}
	}
	return least
}

// match returns the seconds of the first toleration that tolerates the taint.
func match(tolerations []Toleration, taint *Taint) (seconds *int64, tolerated bool) {
	for i := range tolerations {
		if tolerations[i].tolerates(taint) {
			return tolerations[i].TolerationSeconds, true
		}
	}
	return nil, false
}

// tolerates reports whether the toleration is one for the taint.
func (t *Toleration) tolerates(taint *Taint) bool {
	if t.Effect != "" && t.Effect != taint.Effect || t.Key != "" && t.Key != taint.Key {
		return false
	}
	switch t.Operator {
	case "", "Equal":
		return t.Value == taint.Value
	case "Exists":
		return true
	case "Lt", "Gt":
		own, ok1 := integer(t.Value)
		other, ok2 := integer(taint.Value)
		return ok1 && ok2 && (t.Operator == "Lt" && other < own || t.Operator == "Gt" && other > own)
	}
	return false
}

// integer reads a number as the API has it, in one form only.
func integer(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == text
}

// deadline returns when a pod is to go that tolerates the taints for some time
// from now on. due is when it was to go so far, zero if it was not: it counts
// if it is earlier, unless the pod is too young for it to be about this one.
func deadline(pod *Pod, patience time.Duration, due, now time.Time) time.Time {
	end := now.Add(patience)
	if due.IsZero() || due.After(end) || due.Before(pod.Metadata.CreationTimestamp.Add(patience)) {
		return end
	}
	return due
}
