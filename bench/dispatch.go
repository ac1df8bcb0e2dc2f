// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// dispatching is the cost of a reconcile that does nothing.
var dispatching = benchmark{
	name: "dispatch", peer: "controller-runtime", rounds: 7,
	prepare: build(ourHost, peerTests),
	sides:   []side{ourHost.side("ours", "Dispatch", "1s"), peerTests.side("peer", "Dispatch", "1s")},
	rows: []row{
		{"no-op reconcile, .wat guest, CPU", microseconds, "ours Dispatch/wat cpu-ns/reconcile", "peer Dispatch cpu-ns/reconcile", goal{ratio: 1}},
		{"no-op reconcile, .wat guest, wall", microseconds, "ours Dispatch/wat ns/reconcile", "peer Dispatch ns/reconcile", goal{}},
		{"no-op reconcile, Go guest, CPU", microseconds, "ours Dispatch/go cpu-ns/reconcile", "peer Dispatch cpu-ns/reconcile", goal{ratio: 1}},
		{"no-op reconcile, Go guest, wall", microseconds, "ours Dispatch/go ns/reconcile", "peer Dispatch ns/reconcile", goal{}},
	},
}
