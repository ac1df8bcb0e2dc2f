// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package fair divides between plugins what there is only one of in a process:
// its processors ([Gate]).
//
// Plugins have what they ask for as long as there is enough of it; when there is
// not, whoever had least is next: a plugin that floods waits for itself, not its
// neighbours for it. The decisions are pure functions of what was asked and
// when; they do not know guests.
//
// Everything exported is safe for concurrent use.
package fair
