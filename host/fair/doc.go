// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package fair divides between plugins what there is only one of in a process:
// its requests to the API server ([Budget]) and its processors ([Gate]).
//
// Both let plugins have what they ask for as long as there is enough of it, and
// decide by who had least when there is not: a plugin that floods waits for
// itself, not its neighbours for it. The decisions are pure functions of what
// was asked and when; they know neither requests nor guests.
//
// Everything exported is safe for concurrent use.
package fair
