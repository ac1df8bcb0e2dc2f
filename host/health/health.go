// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package health judges a version of a plugin by how its calls end: when it
// gives way to the last good version, when a controller that keeps trapping is
// let alone and for how long, and when a version has shown that it works.
//
// It decides and does nothing. It knows neither plugins nor clocks: the time is
// a parameter, and what follows from a [Step] is the caller's business. A
// [Judge] is not safe for concurrent use.
package health

import "time"

// Policy says when a controller counts as broken. A window is judged as soon as
// it has enough requests, and at its end if all of its calls trapped.
type Policy struct {
	// Window is the time over which calls are counted together, and for which
	// a new version can be rolled back once its first reconcile has ended. 0:
	// a minute, and versions are not rolled back.
	Window time.Duration
	// Requests is how many requests a window must have before its share counts.
	Requests int
	// Share is the part of them that must have trapped.
	Share float64
}

// defaultWindow is that of a policy without one.
const defaultWindow = time.Minute

// Call is how one call of a guest ended.
type Call struct {
	// Controller is the index of the controller that it was for.
	Controller int
	// Map says that it was a call of wcm_map, which is counted apart: many of
	// those that go well must not hide reconciles that do not, nor the other
	// way around.
	Map bool
	// Retry says that the key had failed before, so that it is no request of
	// its own. Else a few keys that trap again and again would outweigh many
	// that do not come back.
	Retry bool
	// Trapped says that the instance died of it: by a trap, at its deadline, or
	// for an answer that is none. An error that the guest returns is none of
	// these: it may be the cluster's fault.
	Trapped bool
}

// Action is what the caller is to do.
type Action uint8

// The actions.
const (
	// None: go on.
	None Action = iota
	// Quarantine: the controller makes no calls until Try.
	Quarantine
	// RollBack: as Quarantine, and the version gives way to the last good one.
	// The judge says so once; if it cannot be done, it goes on without.
	RollBack
	// Try: the controller makes one call, whose end decides.
	Try
	// Release: the controller works as before.
	Release
	// Keep: the version has shown that it works, and is the last good one now.
	Keep
)

// String returns the action's name in lower case.
func (a Action) String() string {
	return [...]string{"none", "quarantine", "roll back", "try", "release", "keep"}[a]
}

// Step is one thing to do.
type Step struct {
	Action     Action
	Controller int // not with None and Keep
	// Backoff is how long the controller is let alone, with Quarantine and RollBack.
	Backoff time.Duration
	// Because says what was counted, with Quarantine and RollBack.
	Because string
}
