// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// watching is the cost of a watch event.
var watching = benchmark{
	name: "event", peer: "controller-runtime", rounds: 7,
	prepare: build(ourStore, peerTests),
	sides:   []side{ourStore.side("ours", "Event", "1s"), peerTests.side("peer", "Event", "1s")},
	rows: []row{
		{"watch event, protobuf, CPU", microseconds, "ours Event/protobuf cpu-ns/event", "peer Event/protobuf cpu-ns/event", goal{most: 5000}},
		{"watch event, JSON, CPU", microseconds, "ours Event/json cpu-ns/event", "peer Event/json cpu-ns/event", goal{most: 15000}},
	},
}
