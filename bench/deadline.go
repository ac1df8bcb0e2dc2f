// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// stopping is how late a guest is stopped that does not return.
var stopping = benchmark{
	name: "deadline", peer: "no guest", rounds: 3,
	prepare: build(ourGuests),
	sides:   []side{ourGuests.side("ours", "Deadline", "1x"), ourGuests.side("ours", "Freeze", "1x"), ourGuests.side("idle", "Idle", "1x")},
	rows: []row{
		{"stopped after the deadline, .wat guest, median", milliseconds, "ours Deadline/wat median-ns", "", goal{most: 0.5e6}},
		{"stopped after the deadline, .wat guest, 9 of 10", milliseconds, "ours Deadline/wat p90-ns", "", goal{}},
		{"stopped after the deadline, .wat guest, latest", milliseconds, "ours Deadline/wat max-ns", "", goal{most: 2e6}},
		{"stopped after the deadline, Go guest, median", milliseconds, "ours Deadline/go median-ns", "", goal{most: 0.5e6}},
		{"stopped after the deadline, Go guest, 9 of 10", milliseconds, "ours Deadline/go p90-ns", "", goal{}},
		{"stopped after the deadline, Go guest, latest", milliseconds, "ours Deadline/go max-ns", "", goal{most: 2e6}},
		{"longest gap of a 10 ms ticker, .wat guest spins", milliseconds, "ours Freeze/wat gap-ns", "idle Idle gap-ns", goal{}},
		{"longest gap of a 10 ms ticker, Go guest spins", milliseconds, "ours Freeze/go gap-ns", "idle Idle gap-ns", goal{}},
		{"longest gap of a 10 ms ticker, a guest per processor", milliseconds, "ours Freeze/all gap-ns", "idle Idle gap-ns", goal{}},
	},
}
